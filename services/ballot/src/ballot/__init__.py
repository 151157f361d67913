"""Asks and counts: polls, turnout."""
