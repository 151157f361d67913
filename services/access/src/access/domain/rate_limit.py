"""Rate limit of token attempts: GCRA (generic cell rate algorithm)."""

from datetime import datetime, timedelta

PERIOD = timedelta(minutes=1)
"""The burst is what one period allows."""


def next_arrival(arrival: datetime | None, now: datetime, per_minute: int) -> tuple[datetime, timedelta]:
    """The new theoretical arrival time, and how long to wait (zero: the attempt is allowed).

    An arrival further ahead than the burst can only come from a clock that was set back; it counts as the burst.
    """
    step = PERIOD / per_minute
    known = min(max(arrival or now, now), now + PERIOD)
    wait = known + step - now - PERIOD
    return (known + step, timedelta()) if wait <= timedelta() else (known, wait)
