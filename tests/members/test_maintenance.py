"""Periodic tasks: heartbeats in every partition, tombstones after the wait, old rolls deleted."""

from datetime import timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition
from contracts import topics
from contracts.topics import PARTITIONS, Topic

from tests.members.import_requests import check
from tests.members.roll_files import person, roll
from tests.members.service import Running
from tests.support.facts import eventually
from tests.support.world import World


async def ends(world: World, topic: Topic) -> dict[int, int]:
    name = world.prefix + topic.name
    consumer = AIOKafkaConsumer(bootstrap_servers=world.kafka.bootstrap)
    await consumer.start()
    try:
        found = await consumer.end_offsets([TopicPartition(name, number) for number in range(PARTITIONS)])
    finally:
        await consumer.stop()
    return {partition.partition: offset for partition, offset in found.items()}


async def test_every_partition_of_the_personal_topics_gets_a_heartbeat(members: Running, world: World) -> None:
    await eventually(lambda: ends(world, topics.MEMBERS_SENSITIVE), until=lambda found: all(found.values()))
    before = await ends(world, topics.MEMBERS_SENSITIVE)
    await members.run_task("heartbeats")
    assert await ends(world, topics.MEMBERS_SENSITIVE) == {number: end + 1 for number, end in before.items()}
    assert all((await ends(world, topics.MEMBERS)).values())


async def test_the_tombstone_comes_only_when_every_consumer_has_had_time_to_read(
    members: Running, world: World
) -> None:
    given = {"membership_number": "T1", "given_name": "Ann", "family_name": "Lee"}
    member_id = (await members.http.post("/members", json=given)).json()["member_id"]
    assert (await members.http.delete(f"/members/{member_id}")).status_code == 204

    async def values(topic: Topic) -> list[bool]:
        return [record.value is None for record in await world.raw(topic) if record.key == member_id]

    await eventually(lambda: values(topics.MEMBERS), until=lambda found: len(found) == 2)
    members.clock.advance(timedelta(days=7))
    await members.run_task("tombstones")
    members.clock.advance(timedelta(days=2))
    await members.run_task("tombstones")
    await members.run_task("tombstones")
    assert await eventually(lambda: values(topics.MEMBERS), until=lambda found: len(found) > 2) == [False, False, True]
    assert await eventually(lambda: values(topics.MEMBERS_SENSITIVE), until=lambda found: len(found) > 1) == [
        False,
        True,
    ]


async def test_a_roll_is_deleted_after_a_week(members: Running) -> None:
    url = f"/imports/{(await check(members, roll([person('1')])))['import_id']}"
    await members.run_task("retention")
    assert (await members.http.get(url)).status_code == 200
    members.clock.advance(timedelta(days=8))
    await members.run_task("retention")
    assert (await members.http.get(url)).status_code == 404
