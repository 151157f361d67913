"""Twilio's Messages API, and the faults injected into it."""
