"""How long to wait before a message that was not taken is offered again."""

from datetime import timedelta

_LONGEST = 1800.0
_SOON = 60.0
_SHORTEST = timedelta(seconds=30)


def seconds_to_wait(first: float, tries: int) -> float:
    """Before the next try, after `tries` were put off: doubling, at most half an hour."""
    return min(first * 2.0 ** min(max(tries, 1) - 1, 10), max(_LONGEST, first))


def seconds_until_there(first: float, tries: int) -> float:
    """Before a provider that could not be reached is called again: doubling too, but at most a minute, since nothing
    reports that it is back."""
    return min(seconds_to_wait(first, tries), max(first, _SOON))


def wait_by_age(age: timedelta) -> timedelta:
    """For what keeps no count of its tries: as long again as it has waited, from half a minute to half an hour."""
    return min(max(age, _SHORTEST), timedelta(seconds=_LONGEST))
