"""The decision whether a delivery may go now: refuse, wait or pass."""
