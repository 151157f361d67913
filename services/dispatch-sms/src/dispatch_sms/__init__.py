"""Twilio out, Twilio webhooks in."""
