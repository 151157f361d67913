"""Who our people are, how they may be reached, what they agreed to."""
