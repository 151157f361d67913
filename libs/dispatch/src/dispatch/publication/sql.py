"""Rows with transitions that are not published yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis.db.statements import run, run_many
from sqlmodel.ext.asyncio.session import AsyncSession

_UNPUBLISHED = """
SELECT d.delivery_id, d.month, d.rev, d.published_rev, d.campaign_id, d.step, d.variant, d.script_version, d.member_id,
    d.branch, d.region, d.urgent, d.passed,
    coalesce(c.snapshot->>'test_of', '') <> '' AS test
FROM deliveries d LEFT JOIN campaigns c USING (campaign_id)
WHERE d.published_rev < d.rev AND d.state NOT IN ('requested', 'sending') LIMIT :most
"""
_MARK = """
UPDATE deliveries d SET published_rev = n.rev FROM json_populate_recordset(NULL::deliveries, CAST(:rows AS json)) AS n
WHERE d.delivery_id = n.delivery_id AND d.month = n.month AND d.published_rev < n.rev
"""


@dataclass(frozen=True, slots=True)
class Step:
    """A status that was passed, with the revision and the attempt it was passed at, and by whom if it was a move."""

    rev: int
    status: str
    gen: int
    at: datetime
    by: str = ""
    known: Mapping[str, Any] = field(default_factory=dict)
    """What the ledger knew by then: reference, code, reason, address_bad, parts, encoding. A repeat must be the same
    event, even if more is known now."""


@dataclass(frozen=True, slots=True)
class Unpublished:
    """A row with what has happened to it since it was last published."""

    delivery_id: UUID
    month: date
    rev: int
    published_rev: int
    campaign_id: UUID
    step: int
    variant: str
    script_version: int
    member_id: UUID
    branch: str | None
    region: str | None
    urgent: bool
    test: bool
    passed: tuple[Step, ...] = ()


async def unpublished(session: AsyncSession, most: int) -> list[Unpublished]:
    """Rows whose revision has gone past what was published."""
    rows = (await run(session, _UNPUBLISHED, most=most)).all()
    return [Unpublished(**{**row._mapping, "passed": steps(row.passed)}) for row in rows]


def steps(passed: list[Any]) -> tuple[Step, ...]:
    """The ledger's own notes, as they are stored."""
    return tuple(Step(rev, status, gen, datetime.fromisoformat(at), *rest) for rev, status, gen, at, *rest in passed)


async def mark(session: AsyncSession, published: Sequence[Unpublished]) -> None:
    """Published, up to the revision that was read; a later one stays to be published. Rows in the order in which
    everything else locks them."""
    rows = sorted(published, key=lambda item: item.delivery_id)
    await run_many(
        session, _MARK, [{"delivery_id": row.delivery_id, "month": row.month, "rev": row.rev} for row in rows]
    )
