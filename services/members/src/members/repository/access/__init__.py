"""Statements about API clients, signing keys and token attempts."""
