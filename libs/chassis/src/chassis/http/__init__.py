"""The HTTP side of a service: authentication, problems, limits, health, API documentation."""
