"""The union-wide stop."""

from datetime import datetime

from chassis.http.auth import Caller
from chassis.kafka.outbox import Outgoing, put
from contracts import topics
from contracts.events.campaigns import UNION_WIDE_STOP_KEY, SendingStopped
from contracts.stop_orders import ALL_SENDING
from segmenter.dispatchers import Dispatchers
from segmenter.domain.branch_access import require_whole_union
from segmenter.domain.union_stop import UnionStop, UnionStopResult
from segmenter.repository import union_stop
from segmenter.service.base import Parts, Service
from segmenter.settings import Settings


class UnionStops(Service):
    """Stops everything at once, and lifts that again."""

    def __init__(self, parts: Parts, dispatchers: Dispatchers) -> None:
        super().__init__(parts)
        self._dispatchers = dispatchers

    async def present(self) -> UnionStop:
        """The last stop or lift."""
        async with self._database.transaction() as session:
            return await union_stop.present(session)

    async def replace(self, caller: Caller, *, stopped: bool, reason: str) -> UnionStopResult:
        """Stop all sending of the union, or let it go on: said on `campaigns`, and to each dispatcher directly."""
        require_whole_union(caller.branch)
        now = self._clock.now()
        async with self._database.transaction() as session:
            stored = await union_stop.replace(session, stopped=stopped, reason=reason, by=caller.client_id, at=now)
            await put(session, self._settings.service, [stop_event(self._settings, stored, now)])
        self._wakeup.set()
        confirmations = await self._dispatchers.order(ALL_SENDING, stored.version, stopped=stopped, reason=reason)
        return UnionStopResult(**dict(stored), confirmations=confirmations)


def stop_event(settings: Settings, stop: UnionStop, at: datetime) -> Outgoing:
    """What dispatchers read of a stop or lift."""
    event = SendingStopped(version=stop.version, stopped=stop.stopped, reason=stop.reason, at=at)
    return Outgoing(topics.CAMPAIGNS, UNION_WIDE_STOP_KEY, event, settings.ids.event("stop", stop.version), at)
