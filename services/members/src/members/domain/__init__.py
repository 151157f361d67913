"""What members decides: words, people, places, consents, keys. No I/O."""
