"""What ballot does: each public method runs in transactions of its own."""
