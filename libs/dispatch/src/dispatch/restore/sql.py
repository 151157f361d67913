"""How far the database had got, and which rows must be looked up at the provider before they are sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from chassis.db.statements import run
from dispatch.ledger.passed_sql import LATER
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
UPDATE deliveries SET waiting_for = 'recovery', due = false, not_before = least(not_before, admitted_at)
WHERE state = 'requested'
"""
"""Due at once, so that the gate decides of each whether it waits, is refused or is looked up. The claim raises its
rev; that of one that cannot be looked up, and is refused, stays below all that was published of its being sent."""
_PROLONG = (
    "UPDATE deliveries SET rev = greatest(rev + 1, {later}) WHERE state IN ('sending', 'in_doubt', 'held')".replace(
        "{later}", LATER
    ),
    "UPDATE deliveries SET deadline = greatest(deadline, clock_timestamp()), permitted = gen"
    " WHERE state IN ('sending', 'in_doubt')",
    "UPDATE attempts SET deadline = clock_timestamp() WHERE outcome IS NULL AND deadline < clock_timestamp()",
)
"""What was in doubt may have been tried again since the backup: it is looked up until now, and Q from now; and what was
being sent may have been let go since."""
_LATEST = "SELECT since, targets FROM recoveries ORDER BY detected_at DESC LIMIT 1"

_MISSED = """
SELECT min(missed_since) FROM beats b
WHERE missed_since IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM recoveries r
    WHERE r.detected_at > b.missed_since AND r.since <= b.missed_since + interval '1 minute')
"""
"""Each replica leaves a mark of its own, half a second apart: one recovery is enough for all of them."""

_UNKNOWN = """
SELECT t.delivery_id FROM unnest(CAST(:ids AS uuid[]), CAST(:revs AS integer[])) AS t(delivery_id, rev)
LEFT JOIN deliveries d USING (delivery_id)
WHERE d.delivery_id IS NULL OR d.rev < t.rev
"""


@dataclass(frozen=True, slots=True)
class Recovery:
    """The database is as of `since`; requests before `targets` may have been sent that it does not know of."""

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
    """Record it, and make every row that waits or is in doubt a suspect. `since` None: nothing was stored at all."""
    listed = orjson.dumps([[topic, partition, offset] for (topic, partition), offset in targets.items()]).decode()
    begun = (await run(session, _NOTE, since=since, before=before, targets=listed)).scalar_one()
    for statement in (_SUSPECT, *_PROLONG):
        await run(session, statement)
    return Recovery(begun, targets)


async def missed(session: AsyncSession) -> datetime | None:
    """Since when a process misses what it had committed, if one does and no recovery was begun for it yet."""
    since: datetime | None = (await run(session, _MISSED)).scalar_one()
    return since


async def unknown(session: AsyncSession, published: list[tuple[UUID, int]]) -> set[UUID]:
    """Which of these deliveries the ledger does not have at this rev or later."""
    rows = await run(session, _UNKNOWN, ids=[one for one, _ in published], revs=[rev for _, rev in published])
    return set(rows.scalars())


async def latest(session: AsyncSession) -> Recovery | None:
    """The last time it happened, if it ever did."""
    row = (await run(session, _LATEST)).one_or_none()
    if row is None:
        return None
    return Recovery(row.since, {(topic, partition): offset for topic, partition, offset in row.targets})
