"""The scope that several services check."""

SENSITIVE_SCOPE = "segments:sensitive"
"""Without it no caller is shown who was selected by a special-category interest."""
