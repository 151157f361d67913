"""How far a consumer group has read, stored in the service's own database.

A position above the end of its log means that the broker was rebuilt and the log begins anew. That is noted in the
database, since the new log grows past the position one day; nothing more is read of the topic until an operator accepts
the new log by `muster topics accept-rebuilt`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.db.statements import fetch, run, run_many
from chassis.errors import Unavailable
from sqlmodel.ext.asyncio.session import AsyncSession

_ADVANCE = """
WITH batch AS (
    SELECT * FROM json_to_recordset(CAST(:rows AS json))
    AS b(topic text, partition integer, first_offset bigint, next_offset bigint, timestamp timestamptz)
)
INSERT INTO consumed AS c (consumer_group, topic, partition, next_offset, next_timestamp)
SELECT :group, topic, partition, next_offset, timestamp FROM batch ORDER BY topic, partition
ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET
    next_offset = excluded.next_offset, next_timestamp = excluded.next_timestamp
WHERE c.lost_since IS NULL AND c.next_offset <= (
    SELECT b.first_offset FROM batch b WHERE b.topic = excluded.topic AND b.partition = excluded.partition
)
"""
"""The conflict locks the stored row until the end of the transaction, also where the condition does not hold."""
_STORED = """
SELECT topic, partition, next_offset, lost_since IS NOT NULL AS lost FROM consumed WHERE consumer_group = :group
"""
_NOTE_LOST = """
UPDATE consumed SET lost_since = clock_timestamp()
WHERE consumer_group = :group AND topic = ANY (CAST(:topics AS text[])) AND lost_since IS NULL
"""
_ANY_LOST = "SELECT EXISTS (SELECT FROM consumed WHERE lost_since IS NOT NULL)"
_ACCEPT = """
WITH gone AS (DELETE FROM consumed WHERE lost_since IS NOT NULL RETURNING consumer_group, topic)
SELECT consumer_group AS "group", topic, count(*) AS partitions FROM gone GROUP BY 1, 2 ORDER BY 1, 2
"""


class Overtaken(Unavailable):
    """Records of the batch are handled already, by another replica or by a part of the batch that was put back; or
    they are of a rebuilt log that is not accepted yet."""


@dataclass(frozen=True, slots=True)
class Position:
    """What a batch has of one partition: its first offset, the next offset to read, and the broker's time of the record
    before that."""

    topic: str
    partition: int
    first_offset: int
    next_offset: int
    timestamp: datetime


async def store_positions(session: AsyncSession, group: str, positions: Sequence[Position]) -> None:
    """Advance from where the batch begins. Raises Overtaken if a stored position is past the beginning: the
    transaction must not be committed."""
    if not positions:
        return
    result = await run_many(session, _ADVANCE, positions, group=group)
    if result.rowcount < len(positions):
        raise Overtaken("records of this batch are handled already")


@dataclass(frozen=True, slots=True)
class StoredPosition:
    """How far a group has got in one partition; `lost`: in a log that is not there any more."""

    topic: str
    partition: int
    next_offset: int
    lost: bool

    def is_above(self, end: int) -> bool:
        """Whether the log, which ends here now, was rebuilt since."""
        return self.lost or self.next_offset > end


async def stored_positions(session: AsyncSession, group: str) -> list[StoredPosition]:
    """Those of every topic that the group has read something of."""
    return await fetch(session, StoredPosition, _STORED, group=group)


async def note_lost(session: AsyncSession, group: str, topics: Collection[str]) -> bool:
    """The logs of these topics were rebuilt: nothing is stored for them any more. Whether that was not known yet."""
    return bool((await run(session, _NOTE_LOST, group=group, topics=sorted(topics))).rowcount)


async def any_lost(session: AsyncSession) -> bool:
    """Whether a position is stored in a log that was lost."""
    return bool((await run(session, _ANY_LOST)).scalar_one())


@dataclass(frozen=True, slots=True)
class Accepted:
    """A topic that a group reads from its beginning from now on."""

    group: str
    topic: str
    partitions: int


async def accept_rebuilt(session: AsyncSession) -> list[Accepted]:
    """Forget the positions in logs that were lost."""
    return await fetch(session, Accepted, _ACCEPT)
