"""Statements to ballot's database; all of them run within the caller's transaction."""
