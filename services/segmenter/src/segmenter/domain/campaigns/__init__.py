"""Campaigns: what one says and to whom, what is wrong with it, its summary, its states and its events."""
