"""Statements to ballot's database; each runs within the caller's transaction."""
