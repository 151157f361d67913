"""Receipts, look-ups and polls that settle what became of a message."""
