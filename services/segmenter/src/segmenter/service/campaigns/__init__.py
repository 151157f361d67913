"""What people do to a campaign, and its steps that run by themselves."""
