"""What people ask of the ledger: what is held, what was sent to a member, how much of what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db.statements import run
from dispatch.publication.sql import Step, steps
from sqlmodel.ext.asyncio.session import AsyncSession

_HELD = """
SELECT delivery_id, campaign_id, step, member_id, branch, gen, reason FROM deliveries
WHERE state = 'held' AND (CAST(:branch AS text) IS NULL OR branch = :branch)
    AND (CAST(:after AS uuid) IS NULL OR delivery_id > :after)
ORDER BY delivery_id LIMIT :most
"""
_OF = """
SELECT delivery_id, campaign_id, step, variant, script_version, branch, state, gen, reason, code, consent_id,
    admitted_at, waiting_for, passed
FROM deliveries WHERE delivery_id = ANY(CAST(:ids AS uuid[])) ORDER BY admitted_at, delivery_id
"""
_COUNTS = """
SELECT state, count(*) AS number FROM deliveries
WHERE (CAST(:campaign AS uuid) IS NULL OR campaign_id = :campaign)
    AND (CAST(:branch AS text) IS NULL OR branch = :branch)
GROUP BY state
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A delivery that waits for a person."""

    delivery_id: UUID
    campaign_id: UUID
    step: int
    member_id: UUID
    branch: str | None
    gen: int
    reason: str


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A delivery as a history tells it."""

    delivery_id: UUID
    campaign_id: UUID
    step: int
    variant: str
    script_version: int
    branch: str | None
    state: str
    gen: int
    reason: str
    code: str
    consent_id: UUID | None
    admitted_at: datetime
    waiting_for: str | None
    passed: tuple[Step, ...]


async def held(session: AsyncSession, branch: str | None, after: UUID | None, most: int) -> list[Held]:
    """By delivery id; `after` is the last one of the page before."""
    rows = await run(session, _HELD, branch=branch, after=after, most=most)
    return [Held(**row._mapping) for row in rows]


async def told(session: AsyncSession, ids: Sequence[UUID]) -> list[DeliveryRecord]:
    """Those of these deliveries that the ledger has, oldest first."""
    rows = await run(session, _OF, ids=list(ids))
    return [DeliveryRecord(**{**row._mapping, "passed": steps(row.passed)}) for row in rows]


async def counts(session: AsyncSession, campaign: UUID | None, branch: str | None) -> dict[str, int]:
    """Deliveries by state."""
    rows: Any = await run(session, _COUNTS, campaign=campaign, branch=branch)
    return {row.state: row.number for row in rows}
