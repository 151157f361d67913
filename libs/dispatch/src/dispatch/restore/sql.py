"""How far the database had got, and what of it must be looked for at the provider before it is sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from chassis.db.statements import run
from dispatch.ledger.history import LATER
from sqlmodel.ext.asyncio.session import AsyncSession

Place = tuple[str, int]
"""A topic and a partition."""
_STORED = """
SELECT topic, partition, next_offset, next_timestamp FROM consumed
WHERE consumer_group = ANY(CAST(:groups AS text[])) AND topic = ANY(CAST(:topics AS text[]))
"""
_NOTE = """
INSERT INTO recoveries (detected_at, since, targets) VALUES (
    clock_timestamp(),
    least(coalesce(CAST(:since AS timestamptz), clock_timestamp() - CAST(:before AS interval)),
        (SELECT min(since) FROM recoveries WHERE detected_at > clock_timestamp() - CAST(:before AS interval))),
    CAST(:targets AS jsonb))
RETURNING since
"""
"""A start while a recovery goes on finds positions that it has moved already: what the first one knew stays true."""
_SUSPECT = """
UPDATE deliveries SET waiting_for = 'recovery', not_before = least(not_before, admitted_at) WHERE state = 'requested'
"""
"""Due at once, so that the gate says of each whether it waits, is refused or is looked for. Their rev is raised by the
claim; one that cannot be looked for, and is refused, stays below all that was told of its being sent."""
_PROLONG = (
    "UPDATE deliveries SET rev = greatest(rev + 1, {later}) WHERE state IN ('sending', 'in_doubt', 'held')".replace(
        "{later}", LATER
    ),
    "UPDATE deliveries SET deadline = greatest(deadline, clock_timestamp()), permitted = gen"
    " WHERE state IN ('sending', 'in_doubt')",
    "UPDATE attempts SET deadline = clock_timestamp() WHERE outcome IS NULL AND deadline < clock_timestamp()",
)
"""What was in doubt may have been tried again since the backup: it is looked for until now, and Q from now; and what
was being sent may have been let go since."""
_LATEST = "SELECT since, targets FROM recoveries ORDER BY detected_at DESC LIMIT 1"

_MISSED = """
SELECT min(missed_since) FROM beats b
WHERE missed_since IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM recoveries r
    WHERE r.detected_at > b.missed_since AND r.since <= b.missed_since + interval '1 minute')
"""
"""Replicas leave word each by itself, half a second apart: one recovery is enough for all of them."""

_UNKNOWN = """
SELECT t.delivery_id FROM unnest(CAST(:ids AS uuid[]), CAST(:revs AS integer[])) AS t(delivery_id, rev)
LEFT JOIN deliveries d USING (delivery_id)
WHERE d.delivery_id IS NULL OR d.rev < t.rev
"""


@dataclass(frozen=True, slots=True)
class Recovery:
    """The database was as of `since`; requests before `targets` may have been sent without its knowing."""

    since: datetime
    targets: dict[Place, int]


async def stored(
    session: AsyncSession, groups: list[str], topics: list[str]
) -> dict[Place, tuple[int, datetime | None]]:
    """The next offset of each partition, with the time of the record before it."""
    rows = await run(session, _STORED, groups=groups, topics=topics)
    return {(row.topic, row.partition): (row.next_offset, row.next_timestamp) for row in rows}


async def begin(
    session: AsyncSession, since: datetime | None, before: timedelta, targets: dict[Place, int]
) -> Recovery:
    """Note it, and put every row that waits or is in doubt under suspicion. `since` None: nothing was stored at all."""
    listed = orjson.dumps([[topic, partition, offset] for (topic, partition), offset in targets.items()]).decode()
    begun = (await run(session, _NOTE, since=since, before=before, targets=listed)).scalar_one()
    for statement in (_SUSPECT, *_PROLONG):
        await run(session, statement)
    return Recovery(begun, targets)


async def missed(session: AsyncSession) -> datetime | None:
    """Since when a process missed what it had committed, if one did and no recovery came of it yet."""
    since: datetime | None = (await run(session, _MISSED)).scalar_one()
    return since


async def unknown(session: AsyncSession, told: list[tuple[UUID, int]]) -> set[UUID]:
    """Which of these deliveries the ledger has not got as far as this rev."""
    if not told:
        return set()
    rows = await run(session, _UNKNOWN, ids=[one for one, _ in told], revs=[rev for _, rev in told])
    return set(rows.scalars())


async def latest(session: AsyncSession) -> Recovery | None:
    """The last time it happened, if it ever did."""
    row = (await run(session, _LATEST)).one_or_none()
    if row is None:
        return None
    return Recovery(row.since, {(topic, partition): offset for topic, partition, offset in row.targets})
