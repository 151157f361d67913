"""Import of a roll in two steps: check, apply."""
