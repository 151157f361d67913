"""How far ahead anything may be dated."""

from datetime import timedelta

MAX_YEARS_AHEAD = 5
MAX_AHEAD = timedelta(days=366 * MAX_YEARS_AHEAD)
"""The front doors let nothing expire or close later than this: whoever writes a later date has mistyped it, and a
signed link made of one could not last so long (its token names no moment after February 2106)."""
