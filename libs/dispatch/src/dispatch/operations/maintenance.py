"""Maintenance: gauges, next month's partition, and rows that no claim needs to look at."""

from datetime import timedelta

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.db.statements import run
from chassis.periodic import Periodic
from dispatch.admission.sql import ensure_months, month_of
from dispatch.erasure.erasure import Erasure
from dispatch.ledger import bulk_skip
from dispatch.ledger.batches import in_batches
from dispatch.observability.metrics import DispatchMetrics
from dispatch.operations import sql
from dispatch.restore.recovery import RestoreRecovery
from dispatch.wakeups import Wakeups

_EVERY, _MEASURED = 30.0, 5.0
"""Seconds."""
_REPLIES_FOR = timedelta(days=14)
"""No provider repeats a reply after that."""
_OLD_REPLIES = "DELETE FROM replies_taken WHERE at < :before"


class Maintenance:
    """What a dispatcher does beside its way from a request to an outcome."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        wakeups: Wakeups,
        metrics: DispatchMetrics,
        *,
        erasure: Erasure,
        recovery: RestoreRecovery,
    ) -> None:
        self._database, self._clock, self._wakeups, self._metrics = database, clock, wakeups, metrics
        self._erasure, self._recovery = erasure, recovery

    @property
    def tasks(self) -> tuple[Periodic, ...]:
        """The gauges of every replica, and what one of them does for all."""
        return (
            Periodic("gauges", self.measure, every=_MEASURED),
            Periodic("maintenance", self.step, every=_EVERY, leader=self._database),
        )

    async def step(self) -> None:
        """One round. Nothing is skipped before it is known whether the database was restored."""
        if self._recovery.known.is_set():
            await self._ahead()
            await self.sweep()

    async def sweep(self) -> None:
        """Skip what has expired, and untie the erased."""
        await in_batches(
            self._database,
            lambda session, most: bulk_skip.skip_expired(session, self._clock.now(), most),
            self._wakeups.unpublished,
        )
        await self._erasure.once()

    async def measure(self) -> None:
        """Set the gauges."""
        async with self._database.transaction() as session:
            values = await sql.gauges(session, self._clock.now())
        for name, value in values.items():
            self._metrics.gauges[name].set(value)

    async def _ahead(self) -> None:
        async with self._database.transaction() as session:
            now = self._clock.now()
            this_month = month_of(now.date())
            await ensure_months(session, [this_month, month_of(this_month + timedelta(days=31))])
            await run(session, _OLD_REPLIES, before=now - _REPLIES_FOR)
