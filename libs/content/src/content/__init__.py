"""What a message says: merge fields, templates and text parts. Pure; no I/O."""
