"""A mail server that delivers to nobody: SMTP in, a mailbox to read, bounces out."""
