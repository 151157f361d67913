"""What the control API reads and changes: live settings, counts, work that is under way."""
