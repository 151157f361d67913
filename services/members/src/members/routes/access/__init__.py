"""Routes for API clients, signing keys and access tokens."""
