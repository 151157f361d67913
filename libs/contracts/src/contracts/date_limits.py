"""How far ahead a date may lie."""

from datetime import timedelta

MAX_YEARS_AHEAD = 5
MAX_AHEAD = timedelta(days=366 * MAX_YEARS_AHEAD)
"""The APIs refuse later expiries and closing times: such a date is a typing error, and the token of a signed link has
no room for a time after February 2106."""
