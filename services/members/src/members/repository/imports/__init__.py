"""Statements about imports of a roll."""
