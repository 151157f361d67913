"""Gauges, partitions ahead, and what is too old to keep."""

from collections.abc import Mapping
from datetime import datetime

from chassis.db.statements import run
from sqlmodel.ext.asyncio.session import AsyncSession

_GAUGES = """
SELECT
    (SELECT count(*) FROM deliveries
        WHERE state IN ('sending', 'in_doubt') AND deadline < clock_timestamp()) AS in_doubt_open,
    (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(deadline)), 0) FROM deliveries
        WHERE state IN ('sending', 'in_doubt') AND deadline < clock_timestamp()) AS in_doubt_oldest_seconds,
    (SELECT count(*) FROM deliveries WHERE state = 'held') AS held_open,
    (SELECT coalesce(extract(epoch FROM clock_timestamp() - min((passed->-1->>3)::timestamptz)), 0) FROM (
        SELECT passed FROM deliveries WHERE published_rev < rev AND state NOT IN ('requested', 'sending') LIMIT 1000
        ) u) AS unpublished_oldest_seconds,
    (SELECT count(*) FROM (SELECT 1 FROM deliveries
        WHERE state = 'requested' AND not_before <= :now LIMIT 100000) d) AS due_rows
"""


async def gauges(session: AsyncSession, now: datetime) -> Mapping[str, float]:
    """By the names of the metrics; one look at the partial indexes."""
    return dict((await run(session, _GAUGES, now=now)).mappings().one())


async def ensure_ahead(session: AsyncSession, now: datetime) -> None:
    """This month's partition and the next."""
    for months in (0, 1):
        statement = "SELECT ensure_month((CAST(:now AS timestamptz) + make_interval(months => :months))::date)"
        await run(session, statement, now=now, months=months)


async def prune_replies(session: AsyncSession, before: datetime) -> None:
    """Ids of replies that no provider repeats any more."""
    await run(session, "DELETE FROM replies_taken WHERE at < :before", before=before)
