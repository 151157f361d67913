"""Actions of members: each opens one transaction; its outbox rows are stored with it."""
