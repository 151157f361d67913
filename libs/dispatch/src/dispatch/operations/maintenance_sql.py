"""Gauges, partitions ahead, and what is too old to keep."""

from dataclasses import dataclass
from datetime import datetime

from chassis.db.statements import run
from sqlmodel.ext.asyncio.session import AsyncSession

_GAUGES = """
SELECT
    (SELECT count(*) FROM deliveries
        WHERE state IN ('sending', 'in_doubt') AND deadline < clock_timestamp()) AS in_doubt,
    (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(deadline)), 0) FROM deliveries
        WHERE state IN ('sending', 'in_doubt') AND deadline < clock_timestamp()) AS oldest_doubt,
    (SELECT count(*) FROM deliveries WHERE state = 'held') AS held,
    (SELECT coalesce(extract(epoch FROM clock_timestamp() - min((passed->-1->>3)::timestamptz)), 0) FROM (
        SELECT passed FROM deliveries
        WHERE published_rev < rev AND state NOT IN ('requested', 'sending') LIMIT 1000) u) AS oldest_unpublished,
    (SELECT count(*) FROM (SELECT 1 FROM deliveries
        WHERE state = 'requested' AND not_before <= :now LIMIT 100000) d) AS due
"""


@dataclass(frozen=True, slots=True)
class LedgerGauges:
    """How the ledger stands. Spans in seconds; `due` counts to 100,000."""

    in_doubt: int
    oldest_doubt: float
    held: int
    oldest_unpublished: float
    due: int


async def gauges(session: AsyncSession, now: datetime) -> LedgerGauges:
    """One look at the partial indexes."""
    row = (await run(session, _GAUGES, now=now)).one()
    return LedgerGauges(row.in_doubt, float(row.oldest_doubt), row.held, float(row.oldest_unpublished), row.due)


async def ensure_ahead(session: AsyncSession, now: datetime) -> None:
    """This month's partition and the next."""
    for months in (0, 1):
        statement = "SELECT ensure_month((CAST(:now AS timestamptz) + make_interval(months => :months))::date)"
        await run(session, statement, now=now, months=months)


async def prune_replies(session: AsyncSession, before: datetime) -> None:
    """Ids of replies that no provider repeats any more."""
    await run(session, "DELETE FROM replies_taken WHERE at < :before", before=before)
