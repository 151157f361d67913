"""Reading a topic as it lies there, outside of any group: nothing is committed, no group is rebalanced."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from chassis.errors import Unavailable
from chassis.kafka.batch import RawRecord


@asynccontextmanager
async def reader(connection: Mapping[str, Any], name: str) -> AsyncIterator[tuple[AIOKafkaConsumer, set[int]]]:
    """A consumer of a topic outside of any group, and the topic's partitions; `connection` as from
    `chassis.kafka.producer.connection`. Raises Unavailable, also for a topic that is not there."""
    consumer = AIOKafkaConsumer(
        name,
        **connection,
        group_id=None,
        enable_auto_commit=False,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    )
    try:
        await consumer.start()
        partitions = consumer.partitions_for_topic(name)
        if not partitions:
            raise Unavailable(f"the topic {name} is not there")
        yield consumer, partitions
    except (KafkaError, OSError) as error:
        raise Unavailable("the broker does not answer") from error
    finally:
        await consumer.stop()


async def scan(
    connection: Mapping[str, Any], name: str, *, starts: Mapping[int, int] | None = None
) -> AsyncGenerator[RawRecord, None]:
    """The records up to the present end, in order for each partition.

    `starts` gives offsets by partition and leaves the other partitions out; without it, all are read from the
    beginning. Raises Unavailable. A caller that stops early closes it (`aclosing`).
    """
    async with reader(connection, name) as (consumer, partitions):
        parts = [TopicPartition(name, part) for part in (partitions if starts is None else starts)]
        first = await consumer.beginning_offsets(parts)
        for part in parts:
            consumer.seek(part, max(first[part], (starts or {}).get(part.partition, 0)))
        ends = await consumer.end_offsets(parts)
        while not all([await consumer.position(part) >= end for part, end in ends.items()]):
            for part, records in (await consumer.getmany(*ends, timeout_ms=200)).items():
                for record in records:
                    if record.offset < ends[part]:
                        yield record
