"""A carrier with Twilio's Messages API: it accepts texts, reports on them, and posts inbound texts."""
