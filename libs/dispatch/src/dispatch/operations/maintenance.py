"""Housekeeping: gauges, next month's partition, and rows that no claim needs to look at."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.periodic import Periodic
from chassis.wakeup import Wakeup
from dispatch.erasure.erasure import Erasure
from dispatch.ledger import bulk_skip, parking
from dispatch.observability.metrics import DispatchMetrics
from dispatch.operations import maintenance_sql
from dispatch.restore.recovery import RestoreRecovery
from dispatch.wakeups import Wakeups
from sqlmodel.ext.asyncio.session import AsyncSession

_EVERY = 2.0
_SWEEP, _AHEAD = 15, 300
"""Rounds. A sweep reads every waiting row; the gate refuses the same rows anyway, one by one."""
_MOST = 5000
_REPLIES_FOR = timedelta(days=14)


class Maintenance:
    """Harmless in any number of replicas."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        wakeups: Wakeups,
        counts: DispatchMetrics,
        *,
        erasure: Erasure,
        recovery: RestoreRecovery,
    ) -> None:
        self._database, self._clock, self._wakeups, self._counts = database, clock, wakeups, counts
        self._erasure, self._recovery = erasure, recovery
        self._rounds = 0

    @property
    def task(self) -> Periodic:
        """A round every two seconds."""
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
        """Skip what was cancelled or has expired, put aside what is paused, and let go of the erased."""
        await self._sweep(lambda session: bulk_skip.skip_cancelled(session, _MOST))
        await self._sweep(lambda session: bulk_skip.skip_expired(session, self._clock.now(), _MOST))
        await self._sweep(lambda session: parking.park(session, self._clock.now(), _MOST))
        await self._sweep(lambda session: parking.wake_missed(session, self._clock.now(), _MOST), self._wakeups.due)
        await self._erasure.once()

    async def measure(self) -> None:
        """Set the gauges."""
        async with self._database.transaction() as session:
            standing = await maintenance_sql.gauges(session, self._clock.now())
        self._counts.in_doubt_open.set(standing.in_doubt)
        self._counts.in_doubt_oldest.set(standing.oldest_doubt)
        self._counts.held_open.set(standing.held)
        self._counts.unpublished_oldest.set(standing.oldest_unpublished)
        self._counts.due.set(standing.due)

    async def _ahead(self) -> None:
        async with self._database.transaction() as session:
            await maintenance_sql.ensure_ahead(session, self._clock.now())
            await maintenance_sql.prune_replies(session, self._clock.now() - _REPLIES_FOR)

    async def _sweep(self, statement: Callable[[AsyncSession], Awaitable[int]], wakeup: Wakeup | None = None) -> None:
        swept = _MOST
        while swept == _MOST:
            async with self._database.transaction() as session:
                swept = await statement(session)
            if swept:
                (wakeup or self._wakeups.unpublished).set()
