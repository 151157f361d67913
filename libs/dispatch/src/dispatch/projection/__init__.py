"""What a dispatcher keeps of members, campaigns and participation."""
