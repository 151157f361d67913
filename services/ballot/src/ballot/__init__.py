"""Polls: asks them, counts the answers, reports turnout."""
