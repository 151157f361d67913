"""What a handler receives: the decoded records of one fetch, and what it stores with its effect.

A fetched batch is decoded record by record, handed to one handler, and its offsets are committed after the handler's
own transaction. The handler stores the offsets and the dead letters with its effect, so that a database restored from a
backup notices: at assignment we go on from the offsets in the database.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol, Self, TypeAlias
from uuid import UUID

from aiokafka import ConsumerRecord
from chassis.kafka.positions import Position, store_positions
from contracts.event import Event, KeyRemoved, Received, Undecodable, UnknownEventType, decode
from contracts.events.members import HeartbeatTicked, MemberErased
from contracts.topics import MEMBERS, MEMBERS_SENSITIVE, Cleanup, Topic
from sqlmodel.ext.asyncio.session import AsyncSession

_ABOUT_MEMBERS = (MEMBERS, MEMBERS_SENSITIVE)
RawRecord: TypeAlias = ConsumerRecord[bytes, bytes]
Place: TypeAlias = tuple[str, int, int]
"""Topic, partition and offset."""
Latest: TypeAlias = Mapping[tuple[str, int, bytes | None], int]
"""By topic, partition and key: the last offset."""


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
    record: RawRecord | None = field(default=None, compare=False, repr=False)
    """As it was fetched."""

    @property
    def place(self) -> Place:
        """Where it stood."""
        return self.topic, self.partition, self.offset


@dataclass(frozen=True, slots=True)
class Poison:
    """A record that cannot be used, and why; `event` where it could be decoded. `attempts`: calls of the handler."""

    record: RawRecord
    topic: str
    reason: str
    event: Event | None = None
    attempts: int = 0

    @property
    def place(self) -> Place:
        """Where it stood."""
        return self.topic, self.record.partition, self.record.offset


class Letters(Protocol):
    """Where the dead letters of a batch are kept."""

    async def settle(self, session: AsyncSession, batch: "Batch") -> None:
        """Add those of this batch, and change those that it makes obsolete or erases."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a handler receives: the events, in order for each partition, and how far they bring the group. What could
    not be decoded is stored with the handler's effect."""

    group: str
    events: tuple[ReceivedEvent, ...]
    positions: tuple[Position, ...]
    poison: tuple[Poison, ...] = ()
    latest: Latest = field(default_factory=dict)
    """Of the records on compacted topics."""
    letters: Letters | None = None

    async def store(self, session: AsyncSession) -> None:
        """Write positions and dead letters within the transaction of the effect. Raises Overtaken if another replica
        has handled records of this batch: the transaction must not be committed."""
        await store_positions(session, self.group, self.positions)
        if self.letters is not None:
            await self.letters.settle(session, self)

    def halves(self) -> tuple[Self, Self]:
        """The poison goes with the first, so that no position is stored before the dead letters that lie below it."""
        middle = len(self.events) // 2
        first, last = self.events[:middle], self.events[middle:]
        ends = {(item.topic, item.partition): item for item in first}
        before, after = [], []
        for position in self.positions:
            if (end := ends.get((position.topic, position.partition))) is None:
                after.append(position)
            else:
                before.append(replace(position, next_offset=end.offset + 1, timestamp=end.timestamp))
                after.append(replace(position, first_offset=end.offset + 1))
        return (
            replace(self, events=first, positions=tuple(before)),
            replace(self, events=last, positions=tuple(after), poison=()),
        )

    def refusing(self, poison: Poison) -> Self:
        """The same with nothing for the handler: what it refused is one more dead letter."""
        return replace(self, events=(), poison=(*self.poison, poison))


def decode_all(
    records: Sequence[RawRecord], names: Mapping[str, Topic], group: str, letters: Letters | None = None
) -> Batch:
    """Decode each record separately, so that a bad one affects no other. An event of an unknown type is left out."""
    events: list[ReceivedEvent] = []
    poison: list[Poison] = []
    for record in records:
        topic = names[record.topic]
        if record.value is None:
            events.extend(_removal(record, topic))
            continue
        try:
            item = _event_of(record, topic.name, decode(record.value))
        except UnknownEventType:
            continue
        except Undecodable as error:
            poison.append(Poison(record, topic.name, str(error)))
            continue
        if not isinstance(item.event, HeartbeatTicked):
            events.append(item)
    latest = {
        (names[record.topic].name, record.partition, record.key): record.offset
        for record in records
        if names[record.topic].cleanup is Cleanup.COMPACT
    }
    return Batch(group, tuple(events), positions_after(records, names), tuple(poison), latest, letters)


def _removal(record: RawRecord, topic: Topic) -> Iterator[ReceivedEvent]:
    """A tombstone: the owner of a compacted topic has removed the key. On a topic of members it stands for the
    `member.erased` that compaction has taken away: a reader that was far behind, or was restored from a backup, finds
    only that. Any version will do, since an erasure is final."""
    if topic.cleanup is not Cleanup.COMPACT:
        return
    key = (record.key or b"").decode(errors="replace")
    removed: Event = KeyRemoved(key=key)
    if topic in _ABOUT_MEMBERS:
        try:
            removed = MemberErased(member_id=UUID(key), version=1)
        except ValueError:  # a heartbeat's key is no member's
            return
    yield _event_of(record, topic.name, Received(removed, f"tombstone-{key}", topic.writers[0], key, None, None))


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
        record=record,
    )


def positions_after(records: Sequence[RawRecord], names: Mapping[str, Topic]) -> tuple[Position, ...]:
    """What a fetched batch has of each partition."""
    first: dict[tuple[str, int], RawRecord] = {}
    for record in records:
        first.setdefault((record.topic, record.partition), record)
    last = {(record.topic, record.partition): record for record in records}
    return tuple(
        Position(
            names[topic].name,
            partition,
            first[topic, partition].offset,
            record.offset + 1,
            datetime.fromtimestamp(record.timestamp / 1000, UTC),
        )
        for (topic, partition), record in last.items()
    )
