"""Statements to the database of members."""
