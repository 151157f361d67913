"""Topics, made from the one list: `python -m chassis.kafka.topics`. What is there already stays as it is."""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from chassis.errors import Unavailable
from chassis.kafka.producer import connection
from chassis.settings import BrokerSettings
from contracts.topics import ALL, PRODUCTION_MIN_INSYNC_REPLICAS, PRODUCTION_REPLICATION, Topic
from pydantic import Field

_FINE = (0, 36)
"""Kafka's error codes for done and for there already."""


class TopicSettings(BrokerSettings):
    """Read from the environment, under the services' own names."""

    service: ClassVar[str] = "topics"
    kafka_bootstrap_servers: str
    replication: int = Field(default=PRODUCTION_REPLICATION, ge=1)
    min_insync_replicas: int = Field(default=PRODUCTION_MIN_INSYNC_REPLICAS, ge=1)


async def create(
    arguments: dict[str, Any],
    *,
    prefix: str = "",
    topics: Sequence[Topic] = ALL,
    replication: int = 1,
    min_insync_replicas: int = 1,
) -> list[str]:
    """Create those that are missing and name them; `arguments` as from `chassis.kafka.connection`."""
    admin = AIOKafkaAdminClient(**arguments)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        missing = [topic for topic in topics if prefix + topic.name not in there]
        wanted = [
            NewTopic(
                prefix + topic.name,
                topic.partitions,
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


def main() -> None:
    """As the environment says."""
    where = TopicSettings()
    made = asyncio.run(
        create(
            connection(where),
            prefix=where.topic_prefix,
            replication=where.replication,
            min_insync_replicas=where.min_insync_replicas,
        )
    )
    print("\n".join(f"created {name}" for name in made) or "every topic is there")  # noqa: T201 - a command


if __name__ == "__main__":
    main()
