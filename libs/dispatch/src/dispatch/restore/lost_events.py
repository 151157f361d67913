"""Whether a ledger lacks what it published: an event of its own on `deliveries` that is ahead of its rows.

A transition is published after it was committed, so a ledger is never behind its own events, unless it was restored.
That shows also what no group had read or committed yet, which the comparison of offsets cannot see.
"""

from collections.abc import Mapping
from contextlib import aclosing

from chassis.db.database import Database
from chassis.kafka.batch import RawRecord
from chassis.kafka.producer import Kafka
from chassis.kafka.scan import scan
from contracts import topics
from contracts.event import Undecodable, UnknownEventType, decode
from contracts.events.deliveries import DeliveryEvent
from dispatch.restore import sql

_AT_ONCE = 1000


async def first_lost(kafka: Kafka, database: Database, channel: str, starts: Mapping[int, int]) -> int | None:
    """The partition in which there is such an event, at or after these offsets. Raises Unavailable."""
    waiting: list[tuple[int, DeliveryEvent]] = []
    async with aclosing(scan(kafka.connection(), kafka.name(topics.DELIVERIES), starts=starts)) as records:
        async for record in records:
            if (event := _own_event(record, channel)) is not None:
                waiting.append((record.partition, event))
            if len(waiting) == _AT_ONCE:
                if (found := await _unknown(database, waiting)) is not None:
                    return found
                waiting.clear()
    return await _unknown(database, waiting)


async def _unknown(database: Database, published: list[tuple[int, DeliveryEvent]]) -> int | None:
    async with database.transaction() as session:
        unknown = await sql.unknown(session, [(event.delivery_id, event.rev) for _, event in published])
    return next((partition for partition, event in published if event.delivery_id in unknown), None)


def _own_event(record: RawRecord, channel: str) -> DeliveryEvent | None:
    """Another channel's events are not in this ledger, and what cannot be read was not written by it."""
    try:
        event = decode(record.value).event if record.value else None
    except (Undecodable, UnknownEventType):
        return None
    return event if isinstance(event, DeliveryEvent) and event.channel == channel else None
