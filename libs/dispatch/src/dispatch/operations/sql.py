"""What people and gauges ask of the ledger: what is held, what was sent to a member, how much of what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db.statements import run
from dispatch.publication.sql import Step, steps
from sqlmodel.ext.asyncio.session import AsyncSession

_COLUMNS = """
SELECT delivery_id, campaign_id, step, variant, script_version, member_id, branch, state, gen, reason, code, consent_id,
    admitted_at, waiting_for, passed
FROM deliveries
"""
_HELD = f"""{_COLUMNS}
WHERE state = 'held' AND (CAST(:branch AS text) IS NULL OR branch = :branch)
    AND (CAST(:after AS uuid) IS NULL OR delivery_id > :after)
ORDER BY delivery_id LIMIT :most
"""
_HELD_OF = """
SELECT delivery_id FROM deliveries
WHERE state = 'held' AND campaign_id = :campaign AND (CAST(:branch AS text) IS NULL OR branch = :branch)
LIMIT :most
"""
_HAS = """
SELECT EXISTS (SELECT 1 FROM deliveries
    WHERE delivery_id = :id AND (CAST(:branch AS text) IS NULL OR branch = :branch))
"""
_AT = "coalesce((passed->-1->>3)::timestamptz, admitted_at)"
_OF_MEMBER = f"""{_COLUMNS}
WHERE member_id = :member AND (CAST(:branch AS text) IS NULL OR branch = :branch)
    AND (CAST(:before AS timestamptz) IS NULL OR {_AT} < :before)
ORDER BY {_AT} DESC FETCH FIRST :most ROWS WITH TIES
"""
_COUNTS = """
SELECT state, CAST(sum(number) AS bigint) AS number FROM delivery_counts
WHERE (CAST(:campaign AS uuid) IS NULL OR campaign_id = :campaign)
    AND (CAST(:branch AS text) IS NULL OR branch = :branch)
GROUP BY state HAVING sum(number) <> 0
"""
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
        WHERE state = 'requested' AND due LIMIT 100000) d) AS due_rows
"""


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A delivery as people are shown it."""

    delivery_id: UUID
    campaign_id: UUID
    step: int
    variant: str
    script_version: int
    member_id: UUID
    branch: str | None
    state: str
    gen: int
    reason: str
    code: str
    consent_id: UUID | None
    admitted_at: datetime
    waiting_for: str | None
    passed: tuple[Step, ...]

    @property
    def at(self) -> datetime:
        """When it reached its present status."""
        return self.passed[-1].at if self.passed else self.admitted_at


async def held(session: AsyncSession, branch: str | None, after: UUID | None, most: int) -> list[DeliveryRecord]:
    """By delivery id; `after` is the last one of the page before."""
    return _records(await run(session, _HELD, branch=branch, after=after, most=most))


async def held_of(session: AsyncSession, campaign: UUID, branch: str | None, most: int) -> list[UUID]:
    """Held deliveries of one campaign, in no order."""
    return list((await run(session, _HELD_OF, campaign=campaign, branch=branch, most=most)).scalars())


async def has(session: AsyncSession, delivery: UUID, branch: str | None) -> bool:
    """Whether the ledger has this delivery, of this branch."""
    return bool((await run(session, _HAS, id=delivery, branch=branch)).scalar_one())


async def of_member(
    session: AsyncSession, member: UUID, branch: str | None, before: datetime | None, most: int
) -> list[DeliveryRecord]:
    """The latest deliveries to a member, by when they reached their present status; the latest first."""
    return _records(await run(session, _OF_MEMBER, member=member, branch=branch, before=before, most=most))


def _records(rows: Iterable[Any]) -> list[DeliveryRecord]:
    return [DeliveryRecord(**{**row._mapping, "passed": steps(row.passed)}) for row in rows]


async def counts(session: AsyncSession, campaign: UUID | None, branch: str | None) -> dict[str, int]:
    """Deliveries by state."""
    rows = (await run(session, _COUNTS, campaign=campaign, branch=branch)).mappings()
    return {row["state"]: row["number"] for row in rows}


async def gauges(session: AsyncSession, now: datetime) -> Mapping[str, float]:
    """By the names of the metrics; one look at the partial indexes."""
    return dict((await run(session, _GAUGES, now=now)).mappings().one())
