"""What the SMS dispatcher decides: what Twilio says, which listed message is ours, how keywords are answered."""
