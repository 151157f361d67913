"""Campaigns that a bug of ours stands before: they wait, and the others go on (decision 0013)."""

import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from chassis.errors import MusterError
from chassis.logs import get
from chassis.metrics import Metrics

log = get(__name__)
_FIRST, _LONGEST = 30.0, 1800.0
"""Seconds."""


@dataclass
class Attempt:
    """One step, and the campaign it is about as soon as that is known."""

    campaign_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Wait:
    until: float
    seconds: float


class Aside:
    """Those of this process. Each is tried again after a wait that doubles, from half a minute to half an hour, with an
    alarm each time; without it the process would end at every start, and every replica's in turn."""

    def __init__(self, metrics: Metrics) -> None:
        self._faults = metrics.counter("campaign_faults", "Campaigns put aside until a bug of ours is mended", ["step"])
        self._waits: dict[UUID, _Wait] = {}

    @property
    def campaigns(self) -> frozenset[UUID]:
        """Not to be tried yet."""
        now = time.monotonic()
        return frozenset(campaign for campaign, wait in self._waits.items() if wait.until > now)

    @contextmanager
    def guard(self, step: str, campaign_id: UUID | None = None) -> Iterator[Attempt]:
        """Around a step's whole transaction. What a bug raises puts the campaign aside; a part that is down, and what
        is about no campaign, is raised as ever."""
        attempt = Attempt(campaign_id)
        try:
            yield attempt
        except MusterError:
            raise
        except Exception as error:
            if attempt.campaign_id is None:
                raise
            self._put(step, attempt.campaign_id, error)
        else:
            if attempt.campaign_id is not None:
                self._waits.pop(attempt.campaign_id, None)

    def _put(self, step: str, campaign_id: UUID, error: Exception) -> None:
        before = self._waits.get(campaign_id)
        seconds = min(2 * before.seconds, _LONGEST) if before else _FIRST
        self._waits[campaign_id] = _Wait(time.monotonic() + seconds, seconds)
        self._faults.labels(step).inc()
        frame = traceback.extract_tb(error.__traceback__)[-1]
        # Without what the error says: it may quote the text.
        fault = {"error": type(error).__name__, "where": f"{Path(frame.filename).name}:{frame.lineno}"}
        log.error("a campaign waits until this is mended", campaign_id=str(campaign_id), step=step, **fault)
