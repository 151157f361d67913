"""The union-wide stop."""

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
            event = SendingStopped(version=stored.version, stopped=stopped, reason=reason, at=now)
            event_id = self._settings.ids.event("stop", stored.version)
            outgoing = Outgoing(topics.CAMPAIGNS, UNION_WIDE_STOP_KEY, event, event_id, now)
            await put(session, self._settings.service, [outgoing])
        self._wakeup.set()
        confirmations = await self._dispatchers.order(ALL_SENDING, stored.version, stopped=stopped, reason=reason)
        return UnionStopResult(**dict(stored), confirmations=confirmations)
