"""Ballot's verbs: each opens one transaction and says what came of it."""
