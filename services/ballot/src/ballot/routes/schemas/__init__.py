"""Request and response bodies that are too long to stand beside their routes."""
