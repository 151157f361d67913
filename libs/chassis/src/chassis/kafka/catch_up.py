"""Whether a service has read a topic as far as it stood at some moment, whichever replica did the reading.

The last offsets of a partition may belong to no record (a transaction's end marker takes one), so that a stored
position can stay below the end offset for ever. Where it does, we look at what is left: nothing readable is enough.
"""

import asyncio
from collections.abc import Iterable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from chassis.db.database import Database
from chassis.kafka.positions import stored_positions
from chassis.kafka.producer import Broker
from chassis.kafka.scan import reader
from contracts.topics import Topic

_PATIENCE = 5.0
"""Seconds to look at the rest of the partitions; no answer in time means not yet."""


class CatchUp:
    """Compares what is on the broker with the positions that handlers stored with their effects."""

    def __init__(self, kafka: Broker, database: Database) -> None:
        self._kafka, self._database = kafka, database

    async def ends(self, topic: Topic) -> dict[int, int]:
        """The end offset of every partition now."""
        async with reader(self._kafka.connection(), self._kafka.name(topic)) as (consumer, parts):
            return await self._ends(consumer, topic, parts)

    async def passed(self, group: str, topic: Topic) -> dict[int, bool]:
        """For every partition, whether a group has handled every record that is there now."""
        return await self._passed(group, topic)

    async def has_passed(self, group: str, topic: Topic, ends: Mapping[int, int]) -> bool:
        """Whether a group has handled every record before these ends."""
        return all((await self._passed(group, topic, ends)).values())

    async def _passed(self, group: str, topic: Topic, before: Mapping[int, int] | None = None) -> dict[int, bool]:
        """Before these ends, else before the present ones. Nothing has passed in a rebuilt log that is not accepted;
        in one that is, ends from before do not count."""
        async with self._database.transaction() as session:
            stored = {one.partition: one for one in await stored_positions(session, group) if one.topic == topic.name}
        name = self._kafka.name(topic)
        async with reader(self._kafka.connection(), name) as (consumer, parts):
            ends = await self._ends(consumer, topic, parts)  # asked last, so that no position is above by progress
            if any(one.is_above(ends.get(part, 0)) for part, one in stored.items()):
                return dict.fromkeys(ends, False)
            goals = {part: min(end, ends.get(part, 0)) for part, end in (ends if before is None else before).items()}
            at = {part: stored[part].next_offset if part in stored else 0 for part in goals}
            behind = {TopicPartition(name, part): (at[part], end) for part, end in goals.items() if at[part] < end}
            try:
                async with asyncio.timeout(_PATIENCE):
                    unread = await _readable_between(consumer, behind) if behind else set()
            except TimeoutError:
                unread = {part.partition for part in behind}
        return {part: part not in unread for part in goals}

    async def _ends(self, consumer: AIOKafkaConsumer, topic: Topic, parts: Iterable[int]) -> dict[int, int]:
        ends = await consumer.end_offsets([TopicPartition(self._kafka.name(topic), part) for part in parts])
        return {part.partition: end for part, end in ends.items()}

    async def until_read(self, wanted: Iterable[tuple[str, Topic]]) -> None:
        """Wait until each group has handled what is on its topic now, whichever replica has the partitions. Raises
        Unavailable while broker or database is away."""
        ends = [(group, topic, await self.ends(topic)) for group, topic in wanted]
        for group, topic, end in ends:
            while not await self.has_passed(group, topic, end):
                await asyncio.sleep(0.2)

    async def has_passed_now(self, group: str, topic: Topic, *, within: float) -> bool:
        """Whether a group gets past the present ends within so many seconds."""
        return await self.gets_past(group, topic, await self.ends(topic), within=within)

    async def gets_past(self, group: str, topic: Topic, ends: Mapping[int, int], *, within: float) -> bool:
        """The same of ends that are kept from an earlier try: new ones each time would run ahead of a reader for as
        long as others write."""
        deadline = asyncio.get_running_loop().time() + within
        while not await self.has_passed(group, topic, ends):
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(0.1)
        return True


async def _readable_between(consumer: AIOKafkaConsumer, behind: Mapping[TopicPartition, tuple[int, int]]) -> set[int]:
    """The partitions with a record from the first offset to before the second."""
    consumer.pause(*(consumer.assignment() - behind.keys()))
    for part, (start, _) in behind.items():
        consumer.seek(part, start)
    unread: set[int] = set()
    while True:
        found = await consumer.getmany(*behind, timeout_ms=100)
        unread |= {
            part.partition
            for part, records in found.items()
            if any(record.offset < behind[part][1] for record in records)
        }
        positions = {part: await consumer.position(part) for part in behind if part.partition not in unread}
        if all(position >= behind[part][1] for part, position in positions.items()):
            return unread
