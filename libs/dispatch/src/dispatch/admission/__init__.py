"""Requests become rows of the ledger."""
