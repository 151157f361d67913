"""Decisions of members: pure and synchronous."""
