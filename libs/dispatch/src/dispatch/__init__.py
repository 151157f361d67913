"""What every channel dispatcher does."""
