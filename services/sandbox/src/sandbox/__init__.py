"""A Twilio-compatible carrier and a mail server that reach nobody."""
