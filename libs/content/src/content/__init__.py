"""What a message says: templates, merge fields, text parts."""
