"""Admission: requests become rows of the ledger. Never paced, never sends."""

from datetime import date

from chassis.clock import Clock
from chassis.consuming import Batch
from chassis.database import Database
from chassis.failpoints import reach
from contracts.deliveries import DeliveryRequested
from dispatch.bells import Bells
from dispatch.metrics import Counts
from dispatch.recovering import Recovering
from dispatch.repository import admission
from dispatch.settings import DispatchSettings


class Admitting:
    """A batch is one statement, and the offsets are in the same transaction."""

    def __init__(
        self,
        settings: DispatchSettings,
        database: Database,
        clock: Clock,
        bells: Bells,
        counts: Counts,
        recovering: Recovering,
    ) -> None:
        self._channel, self._database, self._clock = settings.channel, database, clock
        self._bells, self._counts, self._recovering = bells, counts, recovering
        self._months: set[date] = set()

    async def requests(self, batch: Batch) -> None:
        """Of another channel's requests nothing is kept; they are not ours to refuse."""
        await self._recovering.known.wait()
        wanted = [
            (item.event, self._recovering.suspects(item))
            for item in batch.heard
            if isinstance(item.event, DeliveryRequested) and item.event.channel == self._channel
        ]
        requests = [request for request, _ in wanted]
        await self._ensure_months({admission.month_of(item.launched_on) for item in requests})
        new = 0
        async with self._database.transaction() as session:
            if requests:
                new = await admission.admit(session, requests, [suspect for _, suspect in wanted], self._clock.now())
            await batch.store(session)
            reach("admission.before-commit")
        reach("admission.after-commit")
        self._counts.admitted.inc(new)
        self._bells.due.ring()
        self._bells.news.ring()

    async def _ensure_months(self, months: set[date]) -> None:
        if missing := months - self._months:
            async with self._database.transaction() as session:
                await admission.ensure_months(session, missing)
            self._months |= missing
