"""Reports faults that the union's own people must mend, without flooding the log."""

import time

from chassis.observability.logs import get
from dispatch.observability.metrics import DispatchMetrics

log = get(__name__)
_AGAIN = 60.0


class Alarm:
    """Each fault is counted; the log has it once a minute, not for each of thousands of messages."""

    def __init__(self, metrics: DispatchMetrics) -> None:
        self._metrics = metrics
        self._logged: dict[str, float] = {}

    def raised(self, text: str, why: str, **facts: str) -> None:
        """`facts` are ids and names of our own, never anything of a member."""
        self._metrics.our_fault(why).inc()
        now = time.monotonic()
        if now - self._logged.get(why, -_AGAIN) >= _AGAIN:
            self._logged[why] = now
            log.error(text, why=why, **facts)

    def bug(self, text: str, error: Exception, **facts: str) -> None:
        """The same for an error that nothing foresees; only its type is named, as its text may hold anything."""
        self.raised(text, f"bug: {type(error).__name__}", **facts)
