"""Topics have as many partitions as the installation says, and keep them."""

import asyncio
import sys
from subprocess import PIPE

from aiokafka.admin import AIOKafkaAdminClient
from chassis.kafka import topics
from chassis.kafka.producer import Kafka, key_of_each_partition
from contracts.topics import ALL, MEMBERS

from tests.chassis.small import Settings
from tests.support.world import World


async def partitions_of(world: World, prefix: str) -> dict[str, int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=world.kafka.bootstrap)
    await admin.start()
    try:
        names = [name for name in await admin.list_topics() if name.startswith(prefix)]
        return {one["topic"]: len(one["partitions"]) for one in await admin.describe_topics(names)}
    finally:
        await admin.close()


async def command(world: World, prefix: str, partitions: int) -> tuple[int | None, str]:
    """Make the topics as an operator does: how it ended, and what it said."""
    replicas = {"REPLICATION": "1", "MIN_INSYNC_REPLICAS": "1"}
    where = {"KAFKA_BOOTSTRAP_SERVERS": world.kafka.bootstrap, "TOPIC_PREFIX": prefix}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chassis.kafka.topics"),
        env={"KAFKA_PARTITIONS": str(partitions), **replicas, **where},
        stderr=PIPE,
    )
    _, error = await process.communicate()
    return process.returncode, error.decode()


async def test_an_installation_says_how_many_partitions_its_topics_have_and_another_number_is_refused(
    world: World,
) -> None:
    """Raised under running services, a member's newer snapshot could be read before the older one."""
    prefix = f"{world.prefix}three."
    await topics.create({"bootstrap_servers": world.kafka.bootstrap}, prefix=prefix, topics=[MEMBERS], partitions=3)
    for other in (2, 12):
        code, said = await command(world, prefix, other)
        assert (code, f"KAFKA_PARTITIONS is {other}, but {prefix}members has 3" in said) == (1, True), said
        assert await partitions_of(world, prefix) == {f"{prefix}members": 3}, "nothing was made either"
    assert await command(world, prefix, 3) == (0, "")
    made = await partitions_of(world, prefix)
    assert made == {f"{prefix}{topic.name}": 3 for topic in ALL}


async def test_heartbeats_reach_as_many_partitions_as_there_are(world: World) -> None:
    prefix = f"{world.prefix}five."
    await topics.create({"bootstrap_servers": world.kafka.bootstrap}, prefix=prefix, topics=[MEMBERS], partitions=5)
    kafka = Kafka(world.settings(Settings).model_copy(update={"topic_prefix": prefix}))
    try:
        assert len(key_of_each_partition(await kafka.partitions(MEMBERS), "heartbeat")) == 5
    finally:
        await kafka.stop()
