"""What is done to the stack and to the providers, and when."""
