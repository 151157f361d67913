"""Months of the ledger: which are over, what keeps one, and its drop.

A month is dropped when nothing points into it any more. Requests lie on their topics for 7 days, our own events on
`deliveries` for 30, receipts are polled for 3: a month goes when its campaigns ended longer ago, and no row was open or
unpublished for 31 days. From the moment it is detached nothing of it is admitted: a request that comes again would be a
new row, and the message would go twice.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis.db.statements import run
from sqlmodel.ext.asyncio.session import AsyncSession

_KEPT = """
SELECT to_date(right(c.relname, 7), 'YYYY_MM') AS month FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = CAST('deliveries' AS regclass)
    AND to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= CAST(:before AS timestamptz)
ORDER BY 1
"""
_KEEPING = """
SELECT EXISTS (
        SELECT 1 FROM campaigns WHERE snapshot ->> 'launched_on' >= CAST(CAST(:month AS date) AS text)
            AND snapshot ->> 'launched_on' < CAST(CAST(CAST(:month AS date) + interval '1 month' AS date) AS text)
            AND greatest(CAST(snapshot ->> 'expires_at' AS timestamptz),
                CAST(snapshot ->> 'poll_closes_at' AS timestamptz)) >= :before) AS campaigns,
    EXISTS (SELECT 1 FROM deliveries WHERE month = :month AND state = 'requested')
        OR EXISTS (SELECT 1 FROM deliveries WHERE month = :month AND state IN ('sending', 'in_doubt'))
        OR EXISTS (SELECT 1 FROM deliveries WHERE month = :month AND state = 'held')
        OR EXISTS (SELECT 1 FROM deliveries WHERE month = :month AND published_rev < rev
            AND state NOT IN ('requested', 'sending')) AS open,
    EXISTS (SELECT 1 FROM ledger_months WHERE month = :month AND blocked_at > :settled) AS lately_open
"""
_BLOCKED = """
INSERT INTO ledger_months AS m (month, blocked_at) VALUES (:month, :now)
ON CONFLICT (month) DO UPDATE SET blocked_at = excluded.blocked_at
"""
_LOCK = ("SET LOCAL lock_timeout = '1s'", "LOCK TABLE ONLY deliveries IN ACCESS EXCLUSIVE MODE")
"""Claims and receipts queue behind a lock that waits: a round that does not get it comes again."""
_DROPPED = """
INSERT INTO ledger_months AS m (month, dropped_at) VALUES (:month, :now)
ON CONFLICT (month) DO UPDATE SET dropped_at = excluded.dropped_at
"""
_DETACH = "ALTER TABLE deliveries DETACH PARTITION {part}"
_DETACHED = """
SELECT month FROM ledger_months
WHERE dropped_at IS NOT NULL AND to_regclass('deliveries_' || to_char(month, 'YYYY_MM')) IS NOT NULL ORDER BY month
"""
_REFUSED = (
    "SELECT EXISTS (SELECT 1 FROM ledger_months WHERE month = ANY(CAST(:months AS date[])) AND dropped_at IS NOT NULL)"
)
_NEXT = "SELECT delivery_id, campaign_id FROM {part} WHERE delivery_id > :after ORDER BY delivery_id LIMIT :most"


@dataclass(frozen=True, slots=True)
class Keeping:
    """What keeps a month: campaigns that have not ended long enough ago; rows that have not ended or are not published;
    or that there were such rows lately."""

    campaigns: bool
    open: bool
    lately_open: bool


async def over(session: AsyncSession, before: datetime) -> list[date]:
    """Months with a partition that ended before then, the oldest first."""
    return list((await run(session, _KEPT, before=before)).scalars())


async def keeping(session: AsyncSession, month: date, before: datetime, settled: datetime) -> Keeping:
    """What keeps a month: campaigns that ended after `before`, or rows that were open after `settled`."""
    return Keeping(*(await run(session, _KEEPING, month=month, before=before, settled=settled)).one())


async def note_blocked(session: AsyncSession, month: date, now: datetime) -> None:
    """Rows are open in it now."""
    await run(session, _BLOCKED, month=month, now=now)


async def lock(session: AsyncSession) -> None:
    """Nothing else reads or writes the ledger until the transaction ends."""
    for statement in _LOCK:
        await run(session, statement)


async def detach(session: AsyncSession, month: date, now: datetime) -> None:
    """From the commit on the ledger does not have it, and admission refuses it."""
    await run(session, _DROPPED, month=month, now=now)
    await run(session, _DETACH.format(part=_part(month)))


async def detached(session: AsyncSession) -> list[date]:
    """Months that were detached and are not deleted yet."""
    return list((await run(session, _DETACHED)).scalars())


async def any_dropped(session: AsyncSession, months: set[date]) -> bool:
    """Whether one of these was dropped."""
    return bool((await run(session, _REFUSED, months=sorted(months))).scalar_one())


async def deliveries_after(session: AsyncSession, month: date, after: UUID, most: int) -> dict[UUID, UUID]:
    """Deliveries of a detached month by id, each with its campaign."""
    rows = await run(session, _NEXT.format(part=_part(month)), after=after, most=most)
    return {row.delivery_id: row.campaign_id for row in rows}


async def drop(session: AsyncSession, month: date) -> None:
    """The table of a detached month."""
    await run(session, f"DROP TABLE {_part(month)}")


def _part(month: date) -> str:
    return f"deliveries_{month:%Y_%m}"
