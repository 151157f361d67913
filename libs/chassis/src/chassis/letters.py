"""A dead letter: how a record that nobody could use lies on its topic, and how it is read back.

The value is the record's own bytes, the key its own key; headers say where it came from, why and how often it was
tried. Its own headers stand there too, under `original.`. What is about a member is sealed, value and headers, under a
key of the letter's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from aiokafka import ConsumerRecord
from chassis.kafka.batch import Poison, RawRecord
from chassis.kafka.producer import Record
from contracts.topics import ALL, Topic
from cryptography.fernet import Fernet

_ORIGINAL = "original."
BY_NAME = {topic.name: topic for topic in ALL}


def is_about_members(topic: str) -> bool:
    """Whether its records are sealed: the topic holds what belongs to a person, or is keyed by one."""
    found = BY_NAME.get(topic)
    return found is None or found.personal or "member_id" in found.key


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter. `place` is its offset on the dead-letter topic, `key_id` None where it is not sealed."""

    place: int
    buried_at: datetime
    topic: str
    partition: int
    offset: int
    timestamp: int
    subscription: str
    error: str
    attempts: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    key_id: str | None

    @property
    def id(self) -> str:
        """Topic, partition and offset of the record it was."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    def opened(self, prefix: str, key: bytes | None) -> RawRecord:
        """The record as it was heard; `key` is the letter's own, where it is sealed."""
        value, headers = self.value, self.headers
        if key is not None:
            seal = Fernet(key)
            value = seal.decrypt(value)
            headers = tuple((name, seal.decrypt(said)) for name, said in headers)
        return ConsumerRecord(
            topic=prefix + self.topic,
            partition=self.partition,
            offset=self.offset,
            timestamp=self.timestamp,
            timestamp_type=0,
            key=self.key,
            value=value,
            checksum=None,
            serialized_key_size=len(self.key),
            serialized_value_size=len(value),
            headers=headers,
        )


def pack(to: Topic, item: Poison, topic: str, subscription: str, sealed: tuple[str, bytes] | None) -> Record:
    """The letter to write; `sealed` is its key's id and the key."""
    record = item.record
    value: bytes = record.value or b""
    own: Sequence[tuple[str, bytes]] = [(name, said or b"") for name, said in record.headers]
    headers = [
        ("error", item.error.encode()),
        ("attempts", str(item.attempts).encode()),
        ("origin", f"{topic}/{record.partition}/{record.offset}".encode()),
        ("origin-timestamp", str(record.timestamp).encode()),
        ("subscription", subscription.encode()),
    ]
    if sealed is not None:
        seal = Fernet(sealed[1])
        value, own = seal.encrypt(value), [(name, seal.encrypt(said)) for name, said in own]
        headers.append(("key-id", sealed[0].encode()))
    headers += [(_ORIGINAL + name, said) for name, said in own]
    return Record(to, (record.key or b"").decode(errors="surrogateescape"), value, headers)


def unpack(record: RawRecord) -> Letter:
    """The letter as it was written."""
    said = {name: value.decode() for name, value in record.headers if not name.startswith(_ORIGINAL)}
    topic, partition, offset = said["origin"].rsplit("/", 2)
    return Letter(
        place=record.offset,
        buried_at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        topic=topic,
        partition=int(partition),
        offset=int(offset),
        timestamp=int(said["origin-timestamp"]),
        subscription=said["subscription"],
        error=said["error"],
        attempts=int(said["attempts"]),
        key=record.key or b"",
        value=record.value or b"",
        headers=tuple(
            (name.removeprefix(_ORIGINAL), value) for name, value in record.headers if name.startswith(_ORIGINAL)
        ),
        key_id=said.get("key-id"),
    )
