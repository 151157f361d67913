"""Topics, made from the one list: `python -m chassis.kafka.topics`. What is there already stays as it is.

`KAFKA_PARTITIONS` is chosen before the topics are made. Another number for a topic that is there is refused: Kafka
would take a raised one, but from then on a key's records would lie in another partition than those before, so that a
member's older snapshot may be read after the newer one, and compaction keeps both. docs/scaling.md says how to change
it.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from chassis.errors import Unavailable
from chassis.kafka.producer import connection
from chassis.settings import BrokerSettings
from contracts.topics import ALL, PARTITIONS, PRODUCTION_MIN_INSYNC_REPLICAS, PRODUCTION_REPLICATION, Topic
from pydantic import Field

_FINE = (0, 36)
"""Kafka's error codes for done and for there already."""


class TopicSettings(BrokerSettings):
    """Read from the environment, under the services' own names."""

    service: ClassVar[str] = "topics"
    kafka_bootstrap_servers: str
    kafka_partitions: int = Field(default=PARTITIONS, ge=1, le=1000)
    replication: int = Field(default=PRODUCTION_REPLICATION, ge=1)
    min_insync_replicas: int = Field(default=PRODUCTION_MIN_INSYNC_REPLICAS, ge=1)


class OtherPartitions(ValueError):
    """Topics that are there have another number of partitions than the setting says."""


async def create(
    arguments: dict[str, Any],
    *,
    prefix: str = "",
    topics: Sequence[Topic] = ALL,
    partitions: int = PARTITIONS,
    replication: int = 1,
    min_insync_replicas: int = 1,
) -> list[str]:
    """Create those that are missing and name them; `arguments` as from `chassis.kafka.connection`. Raises
    OtherPartitions, and creates none, if one that is there has another number of partitions."""
    admin = AIOKafkaAdminClient(**arguments)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        missing = [topic for topic in topics if prefix + topic.name not in there]
        await _must_have(admin, partitions, [prefix + topic.name for topic in topics if topic not in missing])
        wanted = [
            NewTopic(
                prefix + topic.name,
                partitions,
                replication,
                topic_configs=topic.config() | {"min.insync.replicas": str(min_insync_replicas)},
            )
            for topic in missing
        ]
        answer: Any = await admin.create_topics(wanted) if wanted else None
    finally:
        await admin.close()
    failures = [tuple(error) for error in getattr(answer, "topic_errors", ()) if error[1] not in _FINE]
    if failures:
        raise Unavailable(f"topics were not created: {failures}")
    return [prefix + topic.name for topic in missing]


async def _must_have(admin: AIOKafkaAdminClient, partitions: int, names: list[str]) -> None:
    found = await admin.describe_topics(names) if names else []
    other = [f"{one['topic']} has {len(one['partitions'])}" for one in found if len(one["partitions"]) != partitions]
    if other:
        raise OtherPartitions(f"KAFKA_PARTITIONS is {partitions}, but {', '.join(sorted(other))}; see docs/scaling.md")


def main() -> None:
    """As the environment says."""
    where = TopicSettings()
    making = create(
        connection(where),
        prefix=where.topic_prefix,
        partitions=where.kafka_partitions,
        replication=where.replication,
        min_insync_replicas=where.min_insync_replicas,
    )
    try:
        made = asyncio.run(making)
    except OtherPartitions as error:
        raise SystemExit(str(error)) from error
    print("\n".join(f"created {name}" for name in made) or "every topic is there")  # noqa: T201 - a command


if __name__ == "__main__":
    main()
