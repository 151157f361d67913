"""Ballot's rules: what a valid poll is, what a text answers, what may be published. Pure and synchronous."""
