"""Statements about deliveries in doubt, and about accepted ones whose receipt is late."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from chassis.db.statements import fetch, run, run_many
from dispatch.settlement.lookup import Doubt, Ours, Rival
from sqlmodel.ext.asyncio.session import AsyncSession

NEVER_LET_GO = "never let go"
"""Why an attempt ended whose sender died before it asked."""
_OVERDUE = """
SELECT d.delivery_id, d.gen, d.permitted >= d.gen AS permitted,
    (SELECT count(*) FROM attempts a WHERE a.delivery_id = d.delivery_id AND a.why = :why) AS lost
FROM deliveries d WHERE d.state = 'sending' AND d.deadline < clock_timestamp() ORDER BY d.deadline LIMIT :most
"""
_RIPE = """
SELECT delivery_id, month, gen, looks, resends, address, sender, mark, since, until, policy FROM (
    SELECT DISTINCT ON (a.mark) d.*, a.address, a.sender, a.mark, o.since,
        d.deadline + CAST(:wait AS interval) AS until,
        coalesce(c.snapshot->'in_doubt_policy'->>CAST(:channel AS text), :policy) AS policy
    FROM (
        SELECT delivery_id, month, gen, looks, resends, campaign_id, urgent, deadline FROM deliveries
        WHERE state = 'in_doubt' AND deadline + CAST(:wait AS interval) < clock_timestamp()
            AND (look_at IS NULL OR look_at <= clock_timestamp())
        ORDER BY urgent DESC, deadline LIMIT :most
    ) d
    JOIN attempts a ON a.delivery_id = d.delivery_id AND a.gen = d.gen
    JOIN LATERAL (
        SELECT min(t_send) AS since FROM attempts WHERE delivery_id = d.delivery_id AND reference IS NULL
    ) o ON true
    LEFT JOIN campaigns c USING (campaign_id)
    ORDER BY a.mark, d.deadline
) doubts
ORDER BY urgent DESC, until
"""
_REFERENCES = "SELECT reference FROM attempts WHERE reference = ANY(CAST(:references AS text[]))"
_RIVALS = """
SELECT delivery_id, mark, t_send AS since, deadline + CAST(:wait AS interval) AS until,
    outcome IS NULL AND deadline + CAST(:wait AS interval) >= clock_timestamp() AS unripe
FROM attempts WHERE mark = ANY(CAST(:marks AS bytea[]))
    AND reference IS NULL AND (outcome IS NULL OR outcome = 'accepted')
"""
_LOOKED = """
UPDATE deliveries d SET looks = d.looks + n.negative, look_at = clock_timestamp() + CAST(:again AS interval)
FROM json_to_recordset(CAST(:rows AS json)) AS n(delivery_id uuid, gen integer, negative integer)
WHERE d.delivery_id = n.delivery_id AND d.gen = n.gen AND d.state = 'in_doubt'
"""
_LATE = """
SELECT delivery_id, gen, reference, polls FROM deliveries
WHERE state = 'accepted' AND poll_at <= clock_timestamp() ORDER BY poll_at LIMIT :most
"""
_POSTPONE_POLL = """
UPDATE deliveries SET polls = :polls, poll_at = clock_timestamp() + CAST(:again AS interval)
WHERE delivery_id = :id AND state = 'accepted'
"""
_OVERTAKEN = """
UPDATE attempts a SET outcome = 'overtaken', address = NULL, closed_at = clock_timestamp()
FROM deliveries d WHERE a.outcome IS NULL AND a.reference IS NULL
    AND a.deadline + CAST(:wait AS interval) < clock_timestamp()
    AND d.delivery_id = a.delivery_id AND d.month = a.month
    AND (d.gen > a.gen OR d.state NOT IN ('sending', 'in_doubt', 'held'))
"""


@dataclass(frozen=True, slots=True)
class Overdue:
    """A call whose deadline passed without an outcome. `permitted`: it was let go. `lost`: how many earlier attempts
    were never let go."""

    delivery_id: UUID
    gen: int
    permitted: bool
    lost: int


@dataclass(frozen=True, slots=True)
class Late:
    """An accepted delivery to be asked for. `polls` were made before."""

    delivery_id: UUID
    gen: int
    reference: str | None
    polls: int


async def overdue(session: AsyncSession, most: int) -> list[Overdue]:
    """The longest overdue first."""
    return await fetch(session, Overdue, _OVERDUE, most=most, why=NEVER_LET_GO)


async def ripe(session: AsyncSession, channel: str, policy: str, wait: timedelta, most: int) -> list[Doubt]:
    """In doubt for longer than Q and due for a look, urgent ones first; of several with the same text and address only
    one at a time."""
    return await fetch(session, Doubt, _RIPE, channel=channel, policy=policy, wait=wait, most=most)


async def ours(session: AsyncSession, references: Collection[str], marks: Collection[bytes], wait: timedelta) -> Ours:
    """Which of these references are bound, and which attempts with these marks have none. Ask after the list was read,
    and first for the attempts: one is written before its call, and bound after, so that no message can be there of
    which neither is known."""
    rivals = await fetch(session, Rival, _RIVALS, marks=list(marks), wait=wait)
    bound = await run(session, _REFERENCES, references=list(references))
    return Ours(references=frozenset(bound.scalars()), rivals=tuple(rivals))


async def looked(session: AsyncSession, doubts: Sequence[tuple[Doubt, bool]], again: timedelta) -> None:
    """(delivery, whether the look was negative): not before `again` from now."""
    rows = [
        {"delivery_id": doubt.delivery_id, "gen": doubt.gen, "negative": int(negative)} for doubt, negative in doubts
    ]
    await run_many(session, _LOOKED, rows, again=again)


async def late(session: AsyncSession, most: int) -> list[Late]:
    """Accepted, without a final receipt, and due to be asked for."""
    return await fetch(session, Late, _LATE, most=most)


async def postpone_poll(session: AsyncSession, delivery_id: UUID, polls: int, again: timedelta) -> None:
    """The provider was asked `polls` times; it is asked again in `again`."""
    await run(session, _POSTPONE_POLL, id=delivery_id, polls=polls, again=again)


async def close_overtaken(session: AsyncSession, wait: timedelta) -> int:
    """Attempts left open by a crash whose delivery was settled by other evidence; their addresses go."""
    return (await run(session, _OVERTAKEN, wait=wait)).rowcount
