"""How far a consumer group has read, stored in the service's own database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.db.statements import run_many
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
WHERE c.next_offset <= (
    SELECT b.first_offset FROM batch b WHERE b.topic = excluded.topic AND b.partition = excluded.partition
)
"""
"""The conflict locks the stored row until the end of the transaction, also where the condition does not hold."""


class Overtaken(Unavailable):
    """Records of the batch are handled already, by another replica or by a part of the batch that was put back."""


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
