"""How long to wait before a message that was not taken is offered again."""

_LONGEST = 1800.0


def seconds_to_wait(first: float, tries: int) -> float:
    """Before the next try, after `tries` were put off: doubling, at most half an hour."""
    return min(first * 2.0 ** min(max(tries, 1) - 1, 10), max(_LONGEST, first))
