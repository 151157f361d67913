"""How far ahead anything may be dated."""

from datetime import timedelta

MOST_YEARS = 5
FURTHEST = timedelta(days=366 * MOST_YEARS)
"""The front doors let nothing expire or close later than this: whoever writes a later date has mistyped it, and a
signed link made of one could not last so long (its token names no moment after February 2106)."""
