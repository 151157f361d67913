"""Hearing from Kafka in batches without losing or stalling.

A fetched batch is decoded record by record (what cannot be read goes to dead letters), handed to one handler, and its
offsets are committed after the handler's own transaction. The handler stores the offsets with its effect, so that a
database restored from a backup notices by itself: at assignment we go on from what the database says.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

from aiokafka import ConsumerRecord
from chassis import letter_keys
from chassis.tables import consumed
from contracts.event import Event, Received, Undecodable, UnknownEventType, decode
from contracts.members import HeartbeatTicked, MemberErased
from contracts.topics import MEMBERS, MEMBERS_SENSITIVE, Topic
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

_ABOUT_MEMBERS = (MEMBERS, MEMBERS_SENSITIVE)
RawRecord: TypeAlias = ConsumerRecord[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Heard:
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
class Position:
    """The next offset to read of one partition, and the broker's time of the record before it."""

    topic: str
    partition: int
    next_offset: int
    timestamp: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """What was heard, in order for each partition, and how far that brings us."""

    group: str
    heard: tuple[Heard, ...]
    positions: tuple[Position, ...]

    async def store(self, session: AsyncSession) -> None:
        """Write the positions within the transaction of the effect; they never go back by this. Dead letters about
        members who are erased here become unreadable with it."""
        await store_positions(session, self.group, self.positions)
        await forget_erased(session, self.heard)


@dataclass(slots=True)
class Progress:
    """How a hearing stands; `caught_up` once the end offsets seen at its start were reached."""

    caught_up: bool = False
    assigned: bool = False
    last_poll: datetime | None = None
    spare: bool = False
    """The group has more members than there are partitions: nothing is ours to poll."""
    cut_off: bool = False
    """Nothing has come for long, and the broker or the database is away: nothing is wrong with us."""
    put_back: int = 0
    """How often a batch could not be stored and was put back, to be heard again."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """Topics that one handler hears under one consumer group."""

    topics: tuple[Topic, ...]
    group: str
    handle: Callable[[Batch], Awaitable[None]]
    max_records: int = 500
    stale_after: float = 30.0
    """Seconds without an answer to a poll after which it is stalled, unless the broker is away."""
    progress: Progress = field(default_factory=Progress, compare=False)

    def is_silent(self, times: float = 1.0) -> bool:
        """Whether no poll has been answered for `stale_after` seconds, or so many times as long."""
        polled = self.progress.last_poll
        return polled is None or (datetime.now(UTC) - polled).total_seconds() > self.stale_after * times


@dataclass(frozen=True, slots=True)
class Poison:
    """A record that nobody can use, and why; `event` where it could be read. `attempts` counts its handlings."""

    record: RawRecord
    error: str
    event: Event | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Sorted:
    """A fetched batch, told apart: what is for the handler, and what is poison. The rest is passed over."""

    heard: tuple[Heard, ...]
    poison: tuple[Poison, ...]
    positions: tuple[Position, ...]


def sort(records: Sequence[RawRecord], names: Mapping[str, Topic]) -> Sorted:
    """Decode each record by itself, so that one bad one spoils no other."""
    heard: list[Heard] = []
    poison: list[Poison] = []
    for record in records:
        topic = names[record.topic]
        if record.value is None:
            heard.extend(_buried(record, topic))
            continue
        try:
            item = _heard(record, topic.name)
        except UnknownEventType:
            continue
        except Undecodable as error:
            poison.append(Poison(record, str(error)))
            continue
        if not isinstance(item.event, HeartbeatTicked):
            heard.append(item)
    return Sorted(tuple(heard), tuple(poison), positions_after(records, names))


def _buried(record: RawRecord, topic: Topic) -> Iterator[Heard]:
    """A tombstone stands for the `member.erased` that compaction has taken away: who was behind for longer, or comes
    from a backup, hears of it by that alone. The least version will do: an erasure is the end whatever its number."""
    if topic not in _ABOUT_MEMBERS:
        return
    key = (record.key or b"").decode(errors="replace")
    with suppress(ValueError):  # a heartbeat's key is no member's
        erased = MemberErased(member_id=UUID(key), version=1)
        yield _as_heard(record, topic.name, Received(erased, f"tombstone-{key}", topic.writers[0], key, None, None))


def _heard(record: RawRecord, topic: str) -> Heard:
    return _as_heard(record, topic, decode(record.value or b""))


def _as_heard(record: RawRecord, topic: str, received: Received) -> Heard:
    return Heard(
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


def positions_of(heard: Sequence[Heard]) -> tuple[Position, ...]:
    """Where each partition goes on after a part of a batch."""
    last = {(item.topic, item.partition): item for item in heard}
    return tuple(Position(topic, part, item.offset + 1, item.timestamp) for (topic, part), item in last.items())


async def forget_erased(session: AsyncSession, heard: Sequence[Heard]) -> None:
    """What an erasure in this batch makes of dead letters."""
    await letter_keys.forget(session, [item.event.member_id for item in heard if isinstance(item.event, MemberErased)])


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
