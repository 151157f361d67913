"""What access decides: clients and their secrets, signing keys, rate limits."""
