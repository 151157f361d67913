"""Maintenance: gauges, next month's partition, and rows that no claim needs to look at."""

from datetime import timedelta

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.db.statements import run
from chassis.periodic import Periodic
from dispatch.admission.sql import ensure_months, month_of
from dispatch.erasure.erasure import Erasure
from dispatch.ledger import bulk_skip, parking
from dispatch.ledger.batches import in_batches
from dispatch.observability.metrics import DispatchMetrics
from dispatch.operations import sql
from dispatch.restore.recovery import RestoreRecovery
from dispatch.wakeups import Wakeups

_EVERY = 2.0
_SWEEP, _AHEAD = 15, 300
"""Rounds. A sweep reads every waiting row; the gate refuses the same rows anyway, one by one."""
_REPLIES_FOR = timedelta(days=14)
"""No provider repeats a reply after that."""
_OLD_REPLIES = "DELETE FROM replies_taken WHERE at < :before"


class Maintenance:
    """Harmless in any number of replicas."""

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
        self._rounds = 0

    @property
    def task(self) -> Periodic:
        """Runs in every replica."""
        return Periodic("maintenance", self.step, every=_EVERY)

    async def step(self) -> None:
        """One round. Nothing is skipped before it is known whether the database was restored."""
        await self.measure()
        if self._recovery.known.is_set():
            if self._rounds % _AHEAD == 0:
                await self._ahead()
            if self._rounds % _SWEEP == 0:
                await self.sweep()
            self._rounds += 1

    async def sweep(self) -> None:
        """Skip what was cancelled or has expired, park what is paused, and untie the erased."""
        database, wakeups, clock = self._database, self._wakeups, self._clock
        await in_batches(database, bulk_skip.skip_cancelled, wakeups.unpublished)
        await in_batches(
            database, lambda session, most: bulk_skip.skip_expired(session, clock.now(), most), wakeups.unpublished
        )
        await in_batches(database, lambda session, most: parking.park(session, clock.now(), most))
        await in_batches(database, lambda session, most: parking.wake_missed(session, clock.now(), most), wakeups.due)
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
