"""Records that a service could not use, kept as rows of its own database until they are replayed, erased or expired."""
