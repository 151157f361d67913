"""Requests to the system under test, in Twilio's form: status callbacks and inbound texts."""
