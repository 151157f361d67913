"""What topics still hold about erased members.

A compacted topic keeps an old snapshot until its segment is closed and cleaned: within a day by our own settings. To
force it, we set the topic to close segments every second and clean at once, write heartbeats (a segment is closed by a
write), and put the settings back. Replies cannot be compacted: they expire, or every record up to the last of
them is cut off.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError
from chassis.clock import Clock
from chassis.erasure.residue import ReportLine
from chassis.errors import Unavailable
from chassis.kafka.batch import RawRecord
from chassis.kafka.producer import key_of_each_partition
from chassis.kafka.scan import scan
from contracts.event import Undecodable, decode, encode
from contracts.events.members import HeartbeatTicked, MemberErased
from contracts.events.replies import ReplyReceived
from contracts.topics import Topic

_AT_ONCE = {
    "segment.ms": "1000",
    "max.compaction.lag.ms": "1000",
    "min.compaction.lag.ms": "0",
    "min.cleanable.dirty.ratio": "0.001",
}
_SET_ON_THE_TOPIC = 1
"""Kafka's number for where a setting comes from; the others are defaults, and writing them would pin them."""
_ROUND = 2.0
Found = dict[int, list[RawRecord]]


class Topics:
    """The broker as an operator's principal may use it; `connection` as from `chassis.kafka.connection`."""

    def __init__(
        self, connection: Mapping[str, Any], *, prefix: str, erased: Collection[str], service: str, clock: Clock
    ) -> None:
        self._connection, self._prefix, self._erased = connection, prefix, erased
        self._service, self._clock = service, clock

    async def look(self, topic: Topic) -> ReportLine:
        """Whether a snapshot of an erased member can still be read from a compacted topic."""
        return _line(topic, "read from its beginning", await self._found(topic))

    async def compact(self, topic: Topic, *, wait: float) -> ReportLine:
        """Have it cleaned now. Raises Unavailable."""
        if not await self._found(topic):
            return await self.look(topic)
        deadline = time.monotonic() + wait
        async with self._admin() as admin, self._set_to(admin, topic, _AT_ONCE):
            while time.monotonic() < deadline:
                await self._beat(topic)
                await asyncio.sleep(_ROUND)
                if not await self._found(topic):
                    break
        return _line(topic, "closed its segments and had them cleaned", await self._found(topic))

    async def look_at_replies(self, topic: Topic) -> ReportLine:
        """Whether anything an erased member wrote can still be read, and until when."""
        found = await self._found(topic)
        line = _line(topic, "read from its beginning", found)
        if not found or topic.retention is None:
            return line
        newest = max(record.timestamp for records in found.values() for record in records)
        until = datetime.fromtimestamp(newest / 1000, UTC) + topic.retention + topic.segment
        return ReportLine(line.part, line.name, line.did, f"{line.left}, the last until {until:%Y-%m-%d}")

    async def cut(self, topic: Topic) -> ReportLine:
        """Delete every record up to the last about an erased member, once all consumer groups are past it. Records
        about others among them are deleted too; only a service restored from an older backup would need them."""
        found = await self._found(topic)
        if not found:
            return await self.look_at_replies(topic)
        ends = {part: max(record.offset for record in records) + 1 for part, records in found.items()}
        async with self._admin() as admin:
            if behind := await self._behind(admin, topic, ends):
                return ReportLine("topic", topic.name, "not cut", f"not yet read by {', '.join(sorted(behind))}")
            name = self._prefix + topic.name
            wanted = {TopicPartition(name, part): RecordsToDelete(end) for part, end in ends.items()}
            await admin.delete_records(wanted)
            async with self._set_to(admin, topic, {"segment.ms": "1000"}):
                await asyncio.sleep(_ROUND)
                await self._beat(topic)
        did = f"cut {len(ends)} partitions; the broker removes their files in its own time"
        return _line(topic, did, await self._found(topic))

    async def _found(self, topic: Topic) -> Found:
        """Records about erased members, by partition."""
        found: Found = defaultdict(list)
        if not self._erased:
            return found
        async with aclosing(scan(self._connection, self._prefix + topic.name)) as records:
            async for record in records:
                if record.value and self._is_about_erased(record):
                    found[record.partition].append(record)
        return found

    def _is_about_erased(self, record: RawRecord) -> bool:
        try:
            event = decode(record.value or b"").event
        except Undecodable:
            return (record.key or b"").decode(errors="replace") in self._erased
        if isinstance(event, ReplyReceived):
            about = {str(member) for member in (event.member_id, *event.members_at_address) if member}
            return not about.isdisjoint(self._erased)
        return (record.key or b"").decode() in self._erased and not isinstance(event, MemberErased)

    async def _behind(self, admin: AIOKafkaAdminClient, topic: Topic, ends: Mapping[int, int]) -> set[str]:
        """Groups that have read of the topic, but not so far."""
        parts = [TopicPartition(self._prefix + topic.name, part) for part in ends]
        groups = [group for group, *_ in await admin.list_consumer_groups() if group.startswith(self._prefix)]
        behind = set()
        for group in groups:
            stands = await admin.list_consumer_group_offsets(group, partitions=parts)
            if any(0 <= place.offset < ends[part.partition] for part, place in stands.items()):
                behind.add(group)
        return behind

    async def _beat(self, topic: Topic) -> None:
        """A record on every partition that readers pass over."""
        now = self._clock.now()
        producer = AIOKafkaProducer(**self._connection, acks="all")
        await producer.start()
        try:
            partitions = await producer.partitions_for(self._prefix + topic.name)
            for key in key_of_each_partition(len(partitions), "heartbeat"):
                value = encode(HeartbeatTicked(at=now), id=str(uuid4()), source=self._service, subject=key, time=now)
                headers = [("content-type", b"application/cloudevents+json")]
                await producer.send_and_wait(self._prefix + topic.name, value, key.encode(), headers=headers)
        finally:
            await producer.stop()

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(**self._connection)
        try:
            await admin.start()
            yield admin
        except (KafkaError, OSError) as error:
            raise Unavailable(f"the broker refuses or does not answer: {type(error).__name__}") from error
        finally:
            await admin.close()

    @asynccontextmanager
    async def _set_to(
        self, admin: AIOKafkaAdminClient, topic: Topic, settings: Mapping[str, str]
    ) -> AsyncIterator[None]:
        """Other settings for the duration. Settings that an interrupted sweep left behind are recognised and undone."""
        found, usual = await self._settings(admin, topic), topic.config()
        ours = {name for name, value in found.items() if _AT_ONCE.get(name) == value}
        own = {name: value for name, value in found.items() if name not in ours}
        own |= {name: usual[name] for name in ours & usual.keys()}
        await self._alter(admin, topic, {**own, **settings})
        try:
            yield
        finally:
            await self._alter(admin, topic, own)

    async def _settings(self, admin: AIOKafkaAdminClient, topic: Topic) -> dict[str, str]:
        resource = ConfigResource(ConfigResourceType.TOPIC, self._prefix + topic.name)
        answer: Any = (await admin.describe_configs([resource]))[0]
        code, why, _, _, entries = answer.resources[0]
        if code:
            raise Unavailable(f"the settings of {topic.name} cannot be read: {why}")
        return {entry[0]: entry[1] for entry in entries if entry[3] == _SET_ON_THE_TOPIC}

    async def _alter(self, admin: AIOKafkaAdminClient, topic: Topic, settings: Mapping[str, str]) -> None:
        """All of a topic's own settings at once: the request replaces them."""
        resource = ConfigResource(ConfigResourceType.TOPIC, self._prefix + topic.name, dict(settings))
        answer: Any = (await admin.alter_configs([resource]))[0]
        code, why, *_ = answer.resources[0]
        if code:
            raise Unavailable(f"the settings of {topic.name} cannot be changed: {why}")


def _line(topic: Topic, did: str, found: Found) -> ReportLine:
    count = sum(map(len, found.values()))
    return ReportLine("topic", topic.name, did, f"{count} records about erased members" if count else "")
