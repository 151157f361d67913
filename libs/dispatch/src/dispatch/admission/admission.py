"""Admission: requests become rows of the ledger. Never paced, never sends."""

from datetime import date

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Refused
from chassis.failpoints import reach
from chassis.kafka.batch import Batch
from contracts.events.deliveries import DeliveryRequested
from dispatch.admission import sql
from dispatch.ledger.months import any_dropped
from dispatch.observability.metrics import DispatchMetrics
from dispatch.restore.recovery import RestoreRecovery
from dispatch.settings import DispatchSettings
from dispatch.wakeups import Wakeups


class Admission:
    """A batch is one statement, and the offsets are in the same transaction."""

    def __init__(
        self,
        settings: DispatchSettings,
        database: Database,
        clock: Clock,
        wakeups: Wakeups,
        metrics: DispatchMetrics,
        recovery: RestoreRecovery,
    ) -> None:
        self._channel, self._database, self._clock = settings.channel, database, clock
        self._wakeups, self._metrics, self._recovery = wakeups, metrics, recovery
        self._months: set[date] = set()

    async def requests(self, batch: Batch) -> None:
        """Requests of another channel are not stored, nor refused. One of a dropped month becomes a dead letter."""
        await self._recovery.known.wait()
        wanted = [
            (item.event, self._recovery.suspects(item))
            for item in batch.events
            if isinstance(item.event, DeliveryRequested) and item.event.channel == self._channel
        ]
        months = {sql.month_of(request.launched_on) for request, _ in wanted}
        await self._ensure_months(months)
        new = 0
        async with self._database.transaction() as session:
            if await any_dropped(session, months):
                raise Refused("it belongs to a month that the ledger has dropped: it was sent or refused long ago")
            if wanted:
                new = await sql.admit(session, wanted, self._clock.now())
            await batch.store(session)
            reach("admission.before-commit")
        reach("admission.after-commit")
        self._metrics.admitted.inc(new)
        self._wakeups.due.set()
        self._wakeups.unpublished.set()

    async def _ensure_months(self, months: set[date]) -> None:
        if missing := months - self._months:
            async with self._database.transaction() as session:
                await sql.ensure_months(session, missing)
            self._months |= missing
