"""Drops months of the ledger whose span is over, each whole."""

from datetime import date, timedelta
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.retention.retention import Retention
from contracts.topics import LONGEST_KEPT
from dispatch.ledger import months
from dispatch.observability.alarm import Alarm
from dispatch.restore.recovery import RestoreRecovery
from dispatch.settings import DispatchSettings

_SETTLED = LONGEST_KEPT + timedelta(days=1)
"""So long no row may have been open: what was published of it before is on no topic any more."""
_MOST = 2000


class LedgerMonths:
    """A step of the dispatcher's retention. What a crash interrupts is found by the detached month's table."""

    def __init__(
        self, settings: DispatchSettings, database: Database, clock: Clock, recovery: RestoreRecovery, alarm: Alarm
    ) -> None:
        self._span = timedelta(days=settings.ledger_days)
        self._database, self._clock, self._recovery, self._alarm = database, clock, recovery, alarm

    async def drop(self, retention: Retention) -> None:
        """One round; not before every campaign that was published at the start has been read."""
        if not self._recovery.read.is_set():
            return
        async with self._database.transaction() as session:
            due = await months.over(session, self._clock.now() - self._span)
        for month in due:
            if await self._is_over(month):
                await self._detach(month)
        async with self._database.transaction() as session:
            detached = await months.detached(session)
        for month in detached:
            await self._delete(month, retention)

    async def _is_over(self, month: date) -> bool:
        now = self._clock.now()
        async with self._database.transaction() as session:
            kept = await months.keeping(session, month, now - self._span, now - _SETTLED)
            if kept.open:
                await months.note_blocked(session, month, now)
        if kept.open:
            text = "a month of the ledger is over, and deliveries in it have not ended"
            self._alarm.raised(text, "ledger_month", month=str(month))
        return not (kept.campaigns or kept.open or kept.lately_open)

    async def _detach(self, month: date) -> None:
        now = self._clock.now()
        async with self._database.transaction() as session:
            await months.lock(session)
            kept = await months.keeping(session, month, now - self._span, now - _SETTLED)
            if not (kept.campaigns or kept.open):
                await months.detach(session, month, now)

    async def _delete(self, month: date, retention: Retention) -> None:
        after, campaigns = UUID(int=0), set[UUID]()
        while some := await self._deliveries(month, after):
            await retention.delete("attempts", "delivery_id = ANY(CAST(:ids AS uuid[]))", ids=list(some))
            campaigns.update(some.values())
            after = max(some)
        for campaign in campaigns:
            for table in ("served", "lanes", "delivery_counts"):
                await retention.delete(table, "campaign_id = :campaign", campaign=campaign)
        async with self._database.transaction() as session:
            await months.drop(session, month)

    async def _deliveries(self, month: date, after: UUID) -> dict[UUID, UUID]:
        async with self._database.transaction() as session:
            return await months.deliveries_after(session, month, after, _MOST)
