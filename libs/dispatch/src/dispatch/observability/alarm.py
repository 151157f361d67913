"""Says what somebody of ours must mend, and does not drown them in it."""

import time

from chassis.observability.logs import get
from dispatch.observability.metrics import DispatchMetrics

log = get(__name__)
_TELL_AGAIN = 60.0


class Alarm:
    """Each fault is counted; the log says it once a minute, not for each of thousands of messages."""

    def __init__(self, counts: DispatchMetrics) -> None:
        self._counts = counts
        self._told: dict[str, float] = {}

    def raised(self, said: str, why: str, **facts: str) -> None:
        """`facts` are ids and names of our own, never anything of a member."""
        self._counts.our_fault(why)
        now = time.monotonic()
        if now - self._told.get(why, -_TELL_AGAIN) >= _TELL_AGAIN:
            self._told[why] = now
            log.error(said, why=why, **facts)
