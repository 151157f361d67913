"""Import of a roll: a CSV file of members."""
