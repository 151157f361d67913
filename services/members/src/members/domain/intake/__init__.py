"""Events that other systems post."""
