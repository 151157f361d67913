"""What may be said between Muster's services: events, topics, derived ids. No I/O."""
