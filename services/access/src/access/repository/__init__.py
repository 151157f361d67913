"""Statements of access to its database."""
