"""What services exchange: events and their schemas, topics, derived ids, shared enums. No I/O."""
