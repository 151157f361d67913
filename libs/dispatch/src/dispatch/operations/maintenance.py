"""Maintenance: gauges, next month's partition, and rows that no claim needs to look at."""

from datetime import timedelta

from chassis.clock import Clock
from chassis.db.database import Database
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
        """What one replica counts and does for all."""
        return (
            Periodic("gauges", self.measure, every=_MEASURED, leader=self._database, resigned=self._metrics.forget),
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
        self._metrics.measured(values)

    async def _ahead(self) -> None:
        async with self._database.transaction() as session:
            this_month = month_of(self._clock.now().date())
            await ensure_months(session, [this_month, month_of(this_month + timedelta(days=31))])
