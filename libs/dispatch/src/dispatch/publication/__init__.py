"""Publishes each transition on `deliveries`."""
