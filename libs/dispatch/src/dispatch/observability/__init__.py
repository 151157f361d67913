"""Metrics and alarms of a dispatcher."""
