"""What people ask of the ledger: what is held, what was sent to a member, how much of what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.db.statements import fetch, run
from dispatch.publication.sql import Step, steps
from sqlmodel.ext.asyncio.session import AsyncSession

_HELD = """
SELECT delivery_id, campaign_id, step, member_id, branch, gen, reason FROM deliveries
WHERE state = 'held' AND (CAST(:branch AS text) IS NULL OR branch = :branch)
    AND (CAST(:after AS uuid) IS NULL OR delivery_id > :after)
ORDER BY delivery_id LIMIT :most
"""
_RECORDS = """
SELECT delivery_id, campaign_id, step, variant, script_version, state, gen, reason, code, consent_id, admitted_at,
    waiting_for, passed
FROM deliveries WHERE delivery_id = ANY(CAST(:ids AS uuid[])) AND (CAST(:branch AS text) IS NULL OR branch = :branch)
ORDER BY admitted_at, delivery_id
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
    """A delivery as a member's history shows it."""

    delivery_id: UUID
    campaign_id: UUID
    step: int
    variant: str
    script_version: int
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


async def held(session: AsyncSession, branch: str | None, after: UUID | None, most: int) -> list[Held]:
    """By delivery id; `after` is the last one of the page before."""
    return await fetch(session, Held, _HELD, branch=branch, after=after, most=most)


async def records(session: AsyncSession, ids: Sequence[UUID], branch: str | None) -> list[DeliveryRecord]:
    """Those of these deliveries that the ledger has, oldest first."""
    rows = await run(session, _RECORDS, ids=list(ids), branch=branch)
    return [DeliveryRecord(**{**row._mapping, "passed": steps(row.passed)}) for row in rows]


async def counts(session: AsyncSession, campaign: UUID | None, branch: str | None) -> dict[str, int]:
    """Deliveries by state."""
    rows = (await run(session, _COUNTS, campaign=campaign, branch=branch)).mappings()
    return {row["state"]: row["number"] for row in rows}
