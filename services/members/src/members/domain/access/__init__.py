"""API clients, their secrets, and the keys that sign tokens."""
