"""Reading rows under lock, and writing what moves made of them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.db.rows import fields_of
from chassis.db.statements import run, run_many
from dispatch.ledger.moves import Row
from dispatch.ledger.states import State
from sqlmodel.ext.asyncio.session import AsyncSession

_LOCK = """
SELECT delivery_id, month, state, gen, rev, reference, code, reason, address_bad, parts, encoding, not_before, resends,
    permitted, address_hash, campaign_id, step, member_id, clock_timestamp() AS now
FROM deliveries WHERE delivery_id = ANY(CAST(:ids AS uuid[])) ORDER BY delivery_id FOR UPDATE
"""
_ATTEMPTS = """
SELECT delivery_id, gen, reference, by_list FROM attempts
WHERE delivery_id = ANY(CAST(:ids AS uuid[])) OR reference = ANY(CAST(:references AS text[]))
"""
_MOVE = """
UPDATE deliveries d SET state = n.state, rev = n.rev, reference = n.reference, code = n.code, reason = n.reason,
    address_bad = n.address_bad, parts = n.parts, encoding = n.encoding, not_before = n.not_before, due = false,
    resends = n.resends, passed = d.passed || n.passed, looks = 0, look_at = NULL, waiting_for = NULL,
    polls = 0, poll_at = CASE WHEN n.state = 'accepted' THEN clock_timestamp() + CAST(:poll_after AS interval) END
FROM json_to_recordset(CAST(:rows AS json)) AS n(delivery_id uuid, month date, was text, gen integer, state text,
    rev integer, reference text, code text, reason text, address_bad boolean, parts smallint, encoding text,
    not_before timestamptz, resends smallint, passed jsonb)
WHERE d.delivery_id = n.delivery_id AND d.month = n.month AND d.gen = n.gen AND d.state = n.was
"""
_CLOSE = """
UPDATE attempts a SET reference = coalesce(n.reference, a.reference), outcome = n.outcome, why = n.why,
    by_list = CASE WHEN n.reference IS NULL THEN a.by_list ELSE n.by_list END,
    closed_at = coalesce(a.closed_at, clock_timestamp()), address = NULL
FROM json_populate_recordset(NULL::attempts, CAST(:rows AS json)) AS n
WHERE a.delivery_id = n.delivery_id AND a.gen = n.gen AND (a.closed_at IS NULL OR a.address IS NOT NULL
    OR (a.outcome, a.why) IS DISTINCT FROM (n.outcome, n.why)
    OR n.reference IS NOT NULL AND (a.reference, a.by_list) IS DISTINCT FROM (n.reference, n.by_list))
"""
_MOVED = [name for name in Row.__slots__ if name not in {"state", "passed"}]


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
    """The reference comes from the provider's list, which cannot tell several messages with one text apart."""


@dataclass(frozen=True, slots=True)
class Bound:
    """An attempt's reference, if it has one."""

    reference: str | None
    by_list: bool


class OwnedElsewhere(RuntimeError):
    """A locked row was not as it was read: a bug, nothing is written."""


async def lock(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Locked]:
    """Rows of these deliveries, locked in the order of their ids; unknown ones are absent."""
    return {row.delivery_id: _locked(row) for row in await run(session, _LOCK, ids=sorted(ids))}


def _locked(found: Any) -> Locked:
    identity = {name: getattr(found, name) for name in Locked.__slots__ if name != "row"}
    return Locked(**identity, row=Row(State(found.state), **{name: getattr(found, name) for name in _MOVED}))


async def references(
    session: AsyncSession, ids: Collection[UUID], wanted: Collection[str]
) -> dict[tuple[UUID, int], Bound]:
    """Every attempt of these deliveries, and every attempt of any delivery that has one of these references."""
    rows = await run(session, _ATTEMPTS, ids=list(ids), references=list(wanted))
    return {(row.delivery_id, row.gen): Bound(row.reference, row.by_list) for row in rows}


async def move(session: AsyncSession, changed: Sequence[tuple[Locked, Row]], poll_after: timedelta | None) -> None:
    """Write all changed rows in one statement; an accepted one is polled `poll_after` from now, None: never. Raises
    OwnedElsewhere if one of them is not as it was read."""
    rows = [
        {
            **fields_of(after),
            "delivery_id": was.delivery_id,
            "month": was.month,
            "was": was.row.state,
            "passed": [(rev, status, gen, was.now, by, known) for rev, status, gen, by, known in after.passed],
        }
        for was, after in changed
    ]
    written = (await run_many(session, _MOVE, rows, poll_after=poll_after)).rowcount
    if written != len(rows):
        raise OwnedElsewhere(f"{len(rows) - written} of {len(rows)} rows moved under our lock")


async def close_attempts(session: AsyncSession, closings: Iterable[Closing]) -> None:
    """Bind references, note outcomes, and drop the addresses; an attempt that says the same already is left alone."""
    await run_many(session, _CLOSE, closings)
