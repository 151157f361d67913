"""Subscription from Kafka in batches without losing or stalling.

A fetched batch is decoded record by record (what cannot be read goes to dead letters), handed to one handler, and its
offsets are committed after the handler's own transaction. The handler stores the offsets with its effect, so that a
database restored from a backup notices by itself: at assignment we go on from what the database says.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

from aiokafka import ConsumerRecord
from chassis import letter_keys
from chassis.kafka.positions import Position, store_positions
from contracts.event import Event, Received, Undecodable, UnknownEventType, decode
from contracts.members import HeartbeatTicked, MemberErased
from contracts.topics import MEMBERS, MEMBERS_SENSITIVE, Topic
from sqlmodel.ext.asyncio.session import AsyncSession

_ABOUT_MEMBERS = (MEMBERS, MEMBERS_SENSITIVE)
RawRecord: TypeAlias = ConsumerRecord[bytes, bytes]


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """One event with where it stood. `timestamp` is the broker's, `time` the writer's."""

    event: Event
    id: str
    source: str
    key: str
    topic: str
    partition: int
    offset: int
    time: datetime | None
    timestamp: datetime
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """What was heard, in order for each partition, and how far that brings us."""

    group: str
    events: tuple[ReceivedEvent, ...]
    positions: tuple[Position, ...]

    async def store(self, session: AsyncSession) -> None:
        """Write the positions within the transaction of the effect; they never go back by this. Dead letters about
        members who are erased here become unreadable with it."""
        await store_positions(session, self.group, self.positions)
        await forget_erased(session, self.events)


@dataclass(frozen=True, slots=True)
class Poison:
    """A record that nobody can use, and why; `event` where it could be read. `attempts` counts its handlings."""

    record: RawRecord
    error: str
    event: Event | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class DecodedBatch:
    """A fetched batch, told apart: what is for the handler, and what is poison. The rest is passed over."""

    events: tuple[ReceivedEvent, ...]
    poison: tuple[Poison, ...]
    positions: tuple[Position, ...]


def decode_all(records: Sequence[RawRecord], names: Mapping[str, Topic]) -> DecodedBatch:
    """Decode each record by itself, so that one bad one spoils no other."""
    events: list[ReceivedEvent] = []
    poison: list[Poison] = []
    for record in records:
        topic = names[record.topic]
        if record.value is None:
            events.extend(_buried(record, topic))
            continue
        try:
            item = _received(record, topic.name)
        except UnknownEventType:
            continue
        except Undecodable as error:
            poison.append(Poison(record, str(error)))
            continue
        if not isinstance(item.event, HeartbeatTicked):
            events.append(item)
    return DecodedBatch(tuple(events), tuple(poison), positions_after(records, names))


def _buried(record: RawRecord, topic: Topic) -> Iterator[ReceivedEvent]:
    """A tombstone stands for the `member.erased` that compaction has taken away: who was behind for longer, or comes
    from a backup, hears of it by that alone. The least version will do: an erasure is the end whatever its number."""
    if topic not in _ABOUT_MEMBERS:
        return
    key = (record.key or b"").decode(errors="replace")
    with suppress(ValueError):  # a heartbeat's key is no member's
        erased = MemberErased(member_id=UUID(key), version=1)
        yield _event_of(record, topic.name, Received(erased, f"tombstone-{key}", topic.writers[0], key, None, None))


def _received(record: RawRecord, topic: str) -> ReceivedEvent:
    return _event_of(record, topic, decode(record.value or b""))


def _event_of(record: RawRecord, topic: str, received: Received) -> ReceivedEvent:
    return ReceivedEvent(
        event=received.event,
        id=received.id,
        source=received.source,
        key=(record.key or b"").decode(errors="replace"),
        topic=topic,
        partition=record.partition,
        offset=record.offset,
        time=received.time,
        timestamp=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        traceparent=received.traceparent,
    )


def positions_after(records: Sequence[RawRecord], names: Mapping[str, Topic]) -> tuple[Position, ...]:
    """Where each partition of a fetched batch goes on."""
    last = {(record.topic, record.partition): record for record in records}
    return tuple(
        Position(names[topic].name, partition, record.offset + 1, datetime.fromtimestamp(record.timestamp / 1000, UTC))
        for (topic, partition), record in last.items()
    )


def positions_of(events: Sequence[ReceivedEvent]) -> tuple[Position, ...]:
    """Where each partition goes on after a part of a batch."""
    last = {(item.topic, item.partition): item for item in events}
    return tuple(Position(topic, part, item.offset + 1, item.timestamp) for (topic, part), item in last.items())


async def forget_erased(session: AsyncSession, events: Sequence[ReceivedEvent]) -> None:
    """What an erasure in this batch makes of dead letters."""
    await letter_keys.forget(session, [item.event.member_id for item in events if isinstance(item.event, MemberErased)])
