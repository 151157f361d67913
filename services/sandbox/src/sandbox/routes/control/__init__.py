"""The control API under /sandbox, for tests, the demo and trainers."""
