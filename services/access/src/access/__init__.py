"""Who may come in: clients, signing keys and tokens."""
