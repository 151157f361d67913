"""The sandbox's own record of everything it accepted, refused and sent: append-only files of JSON lines."""
