"""What the outside is told of each transition."""
