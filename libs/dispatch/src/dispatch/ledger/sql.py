"""Reading rows under lock, and writing what moves made of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from chassis.db.statements import run
from dispatch.ledger.moves import Passed, Row
from dispatch.ledger.states import State
from sqlmodel.ext.asyncio.session import AsyncSession

_LOCK = """
SELECT delivery_id, month, state, gen, rev, reference, code, reason, address_bad, parts, encoding, not_before, resends,
    permitted, address_hash, campaign_id, step, member_id, clock_timestamp() AS now
FROM deliveries WHERE delivery_id = ANY(CAST(:ids AS uuid[])) ORDER BY delivery_id FOR UPDATE
"""
_PERMIT = """
WITH mine AS (
    SELECT d.delivery_id, d.month, d.gen FROM deliveries d
    JOIN unnest(CAST(:ids AS uuid[]), CAST(:gens AS integer[])) AS n(id, gen) ON d.delivery_id = n.id AND d.gen = n.gen
    WHERE d.state = 'sending' AND d.deadline > clock_timestamp() ORDER BY d.delivery_id FOR UPDATE OF d
)
UPDATE deliveries d SET permitted = d.gen FROM mine
WHERE d.delivery_id = mine.delivery_id AND d.month = mine.month
RETURNING d.delivery_id, d.gen
"""
_ATTEMPTS = """
SELECT delivery_id, gen, reference, by_list FROM attempts
WHERE delivery_id = ANY(CAST(:ids AS uuid[])) OR reference = ANY(CAST(:references AS text[]))
"""
_MOVE = """
UPDATE deliveries d SET state = n.state, rev = n.rev, reference = n.reference, code = n.code, reason = n.reason,
    address_bad = n.bad, parts = n.parts, encoding = n.encoding, not_before = n.not_before, resends = n.resends,
    passed = d.passed || n.added, looks = 0, look_at = NULL, waiting_for = NULL,
    polls = 0, poll_at = CASE WHEN n.state = 'accepted' THEN clock_timestamp() + CAST(:poll_after AS interval) END
FROM unnest(CAST(:ids AS uuid[]), CAST(:months AS date[]), CAST(:was AS text[]), CAST(:gens AS integer[]),
    CAST(:states AS text[]), CAST(:revs AS integer[]), CAST(:references AS text[]), CAST(:codes AS text[]),
    CAST(:reasons AS text[]), CAST(:bads AS boolean[]), CAST(:parts AS smallint[]), CAST(:encodings AS text[]),
    CAST(:not_befores AS timestamptz[]), CAST(:resends AS smallint[]), CAST(:added AS jsonb[]))
    AS n(id, month, was, gen, state, rev, reference, code, reason, bad, parts, encoding, not_before, resends, added)
WHERE d.delivery_id = n.id AND d.month = n.month AND d.gen = n.gen AND d.state = n.was
"""
_CLOSE = """
UPDATE attempts a SET reference = coalesce(n.reference, a.reference), outcome = n.outcome, why = n.why,
    by_list = CASE WHEN n.reference IS NULL THEN a.by_list ELSE n.by_list END,
    closed_at = coalesce(a.closed_at, clock_timestamp()), address = NULL
FROM unnest(CAST(:ids AS uuid[]), CAST(:gens AS integer[]), CAST(:references AS text[]), CAST(:outcomes AS text[]),
    CAST(:whys AS text[]), CAST(:by_lists AS boolean[])) AS n(id, gen, reference, outcome, why, by_list)
WHERE a.delivery_id = n.id AND a.gen = n.gen AND (a.closed_at IS NULL OR a.address IS NOT NULL
    OR (a.outcome, a.why) IS DISTINCT FROM (n.outcome, n.why)
    OR n.reference IS NOT NULL AND (a.reference, a.by_list) IS DISTINCT FROM (n.reference, n.by_list))
"""


@dataclass(frozen=True, slots=True)
class Locked:
    """A row in hand. `now` is the database's clock."""

    delivery_id: UUID
    month: date
    campaign_id: UUID
    step: int
    member_id: UUID
    address_hash: str | None
    now: datetime
    row: Row


@dataclass(frozen=True, slots=True)
class Closing:
    """What became of one attempt."""

    delivery_id: UUID
    gen: int
    outcome: str
    reference: str | None
    """New, or None: it keeps what it has."""
    why: str
    by_list: bool = False
    """The reference is the list's word only: which of several messages with one text it is, nobody can tell."""


@dataclass(frozen=True, slots=True)
class Bound:
    """An attempt's reference, if it has one."""

    reference: str | None
    by_list: bool


class OwnedElsewhere(RuntimeError):
    """A locked row was not as it was read: a bug, nothing is written."""


async def lock(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Locked]:
    """Rows of these deliveries, locked in the order of their ids; unknown ones are absent."""
    rows = (await run(session, _LOCK, ids=sorted(ids))).all()
    return {
        row.delivery_id: Locked(
            row.delivery_id,
            row.month,
            row.campaign_id,
            row.step,
            row.member_id,
            row.address_hash,
            row.now,
            Row(
                state=State(row.state),
                gen=row.gen,
                rev=row.rev,
                reference=row.reference,
                code=row.code,
                reason=row.reason,
                address_bad=row.address_bad,
                parts=row.parts,
                encoding=row.encoding,
                not_before=row.not_before,
                resends=row.resends,
                permitted=row.permitted,
            ),
        )
        for row in rows
    }


async def permitted(session: AsyncSession, asked: Sequence[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
    """Note that these (delivery, gen) are let go; gives those that are still being sent and have time left."""
    rows = await run(session, _PERMIT, ids=[one for one, _ in asked], gens=[gen for _, gen in asked])
    return {(row.delivery_id, row.gen) for row in rows}


async def references(
    session: AsyncSession, ids: Collection[UUID], wanted: Collection[str]
) -> dict[tuple[UUID, int], Bound]:
    """Every attempt of these deliveries, and every attempt of any delivery that has one of these references."""
    rows = await run(session, _ATTEMPTS, ids=list(ids), references=list(wanted))
    return {(row.delivery_id, row.gen): Bound(row.reference, row.by_list) for row in rows}


async def move(session: AsyncSession, changed: Sequence[tuple[Locked, Row]], poll_after: timedelta | None) -> None:
    """Write all changed rows in one statement; an accepted one is polled `poll_after` from now, None: never. Raises
    OwnedElsewhere if one of them is not as it was read."""
    afters = [after for _, after in changed]
    result = await run(
        session,
        _MOVE,
        poll_after=poll_after,
        ids=[was.delivery_id for was, _ in changed],
        months=[was.month for was, _ in changed],
        was=[was.row.state.value for was, _ in changed],
        gens=[after.gen for after in afters],
        states=[after.state.value for after in afters],
        revs=[after.rev for after in afters],
        references=[after.reference for after in afters],
        codes=[after.code for after in afters],
        reasons=[after.reason for after in afters],
        bads=[after.address_bad for after in afters],
        parts=[after.parts for after in afters],
        encodings=[after.encoding for after in afters],
        not_befores=[after.not_before for after in afters],
        resends=[after.resends for after in afters],
        added=[orjson.dumps([_noted(step, was.now) for step in after.passed]).decode() for was, after in changed],
    )
    if result.rowcount != len(changed):
        raise OwnedElsewhere(f"{len(changed) - result.rowcount} of {len(changed)} rows moved under our lock")


def _noted(step: Passed, at: datetime) -> tuple[int, str, int, datetime, str, dict[str, Any]]:
    rev, status, gen, by, facts = step
    return rev, status, gen, at, by, facts


async def close_attempts(session: AsyncSession, closings: Sequence[Closing]) -> None:
    """Bind references, note outcomes, and drop the addresses; an attempt that says the same already is left alone."""
    await run(
        session,
        _CLOSE,
        ids=[item.delivery_id for item in closings],
        gens=[item.gen for item in closings],
        references=[item.reference for item in closings],
        outcomes=[item.outcome for item in closings],
        whys=[item.why for item in closings],
        by_lists=[item.by_list for item in closings],
    )
