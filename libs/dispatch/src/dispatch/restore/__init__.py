"""Notices a ledger that was restored from a backup, and recovers it."""
