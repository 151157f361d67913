"""Injected faults: the rules that describe them and the set that is active."""
