"""Reading a topic as it lies there, outside of any group: nothing is committed, nobody is rebalanced."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from chassis.errors import Unavailable
from chassis.kafka.batch import RawRecord


async def scan(
    connection: Mapping[str, Any], name: str, *, starts: Mapping[int, int] | None = None
) -> AsyncGenerator[RawRecord, None]:
    """The records up to the present end, in order for each partition; `connection` as from `chassis.kafka.connection`.

    `starts` gives offsets by partition and leaves the other partitions out; without it, all are read from the
    beginning. Raises Unavailable, also for a topic that is not there. Who stops early closes it (`aclosing`).
    """
    consumer = AIOKafkaConsumer(
        name, **connection, group_id=None, enable_auto_commit=False, isolation_level="read_committed"
    )
    try:
        await consumer.start()
        ends = await _begin(consumer, name, starts)
        while not all([await consumer.position(part) >= end for part, end in ends.items()]):
            for part, records in (await consumer.getmany(*ends, timeout_ms=200)).items():
                for record in records:
                    if record.offset < ends[part]:
                        yield record
    except (KafkaError, OSError) as error:
        raise Unavailable("the broker does not answer") from error
    finally:
        await consumer.stop()


async def _begin(consumer: AIOKafkaConsumer, name: str, starts: Mapping[int, int] | None) -> dict[TopicPartition, int]:
    """Seek, and the end offset of each partition to be read."""
    there = consumer.partitions_for_topic(name)
    if not there:
        raise Unavailable(f"the topic {name} is not there")
    parts = [TopicPartition(name, part) for part in (there if starts is None else starts)]
    first: dict[TopicPartition, int] = await consumer.beginning_offsets(parts)
    for part in parts:
        consumer.seek(part, max(first[part], (starts or {}).get(part.partition, 0)))
    ends: dict[TopicPartition, int] = await consumer.end_offsets(parts)
    return ends
