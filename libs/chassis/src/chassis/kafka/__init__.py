"""The Kafka side of a service: producer, consumer, outbox, topics."""
