"""API clients, signing keys and access tokens."""
