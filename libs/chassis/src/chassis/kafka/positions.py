"""How far a consumer group has read, stored in the service's own database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.db.tables import consumed
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class Position:
    """The next offset to read of one partition, and the broker's time of the record before it."""

    topic: str
    partition: int
    next_offset: int
    timestamp: datetime


async def store_positions(session: AsyncSession, group: str, positions: Sequence[Position]) -> None:
    """One upsert; a position never goes back."""
    if not positions:
        return
    rows = [
        {
            "consumer_group": group,
            "topic": position.topic,
            "partition": position.partition,
            "next_offset": position.next_offset,
            "next_timestamp": position.timestamp,
        }
        for position in sorted(positions, key=lambda position: (position.topic, position.partition))
    ]
    statement = insert(consumed).values(rows)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[consumed.c.consumer_group, consumed.c.topic, consumed.c.partition],
            set_={
                "next_offset": func.greatest(consumed.c.next_offset, statement.excluded.next_offset),
                "next_timestamp": statement.excluded.next_timestamp,
            },
        )
    )
