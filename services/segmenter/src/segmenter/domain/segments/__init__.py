"""Segments: the rule tree, its conditions, why a rule holds for a member, and which rules are sensitive."""
