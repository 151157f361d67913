"""A member, and how a member changes."""
