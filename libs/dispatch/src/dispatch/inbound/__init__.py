"""What members send back: replies, suppressions, and the operator's suppressions."""
