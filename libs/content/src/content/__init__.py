"""Message content: merge fields, templates and the parts of text messages. Pure; no I/O."""
