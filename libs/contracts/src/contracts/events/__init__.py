"""The events, by noun, and which topic carries which."""
