"""Mutation testing: each protection is removed in turn, and a test has to fail."""
