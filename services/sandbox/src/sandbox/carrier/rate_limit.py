"""The rate at which one sender may send, in text parts a second."""

import math


class RateLimit:
    """GCRA by sender: the rate holds in the long run, and one second's worth may come at once."""

    def __init__(self) -> None:
        self._due: dict[str, float] = {}

    def refused_for(self, sender: str, parts: int, rate: float, now: float) -> float:
        """Take the parts and return 0, or take nothing and return the seconds to wait. `rate` 0: no limit."""
        if not rate:
            return 0.0
        due = max(self._due.get(sender, now), now) + parts / rate
        early = due - now - max(1.0, parts / rate)
        if early > 1e-9:
            return early
        self._due[sender] = due
        return 0.0


def retry_after(seconds: float) -> int:
    """Whole seconds for the Retry-After header, at least one."""
    return max(1, math.ceil(seconds))
