"""Whether a topic was read to its end, on a real broker."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from chassis.db.database import Database
from chassis.db.tables import metadata
from chassis.errors import Unavailable
from chassis.kafka.catch_up import CatchUp
from chassis.kafka.positions import Position, store_positions
from chassis.kafka.producer import Kafka
from contracts.topics import PARTITIONS, REPLIES, Cleanup, Topic

from tests.chassis.small import Settings
from tests.support.facts import eventually
from tests.support.world import World


@pytest.fixture
async def database(own_world: World) -> AsyncIterator[Database]:
    """A database with the chassis' own tables."""
    database = Database(await own_world.databases.database(own_world.prefix.rstrip(".") + "_reading"))
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield database
    await database.close()


def reading_of(world: World, database: Database) -> CatchUp:
    settings = world.settings(Settings, database_url=database.url)
    return CatchUp(Kafka(settings), database)


async def stored(database: Database, ends: dict[int, int]) -> None:
    """As if a handler had stored these positions with its effect."""
    now = datetime.now(UTC)
    async with database.transaction() as session:
        await store_positions(
            session, "replies", [Position("replies", part, end, end, now) for part, end in ends.items()]
        )


async def in_a_transaction(world: World, *keys: str) -> None:
    """Publish as the outbox relay does: a marker follows the records."""
    producer = AIOKafkaProducer(bootstrap_servers=world.kafka.bootstrap, transactional_id=f"{world.prefix}tx")
    await producer.start()
    async with producer.transaction():
        for key in keys:
            await producer.send_and_wait(world.prefix + REPLIES.name, b"{}", key.encode())
    await producer.stop()
    await eventually(lambda: nothing_is_open(world))


async def nothing_is_open(world: World) -> bool:
    """Whether the markers of every transaction have been written; they may come after the producer's answer."""
    ends: list[dict[TopicPartition, int]] = []
    for isolation in ("read_committed", "read_uncommitted"):
        consumer = AIOKafkaConsumer(bootstrap_servers=world.kafka.bootstrap, isolation_level=isolation)
        await consumer.start()
        parts = [TopicPartition(world.prefix + REPLIES.name, number) for number in range(PARTITIONS)]
        ends.append(await consumer.end_offsets(parts))
        await consumer.stop()
    return ends[0] == ends[1]


async def test_an_empty_topic_has_been_read(own_world: World, database: Database) -> None:
    reading = reading_of(own_world, database)
    ends = await reading.ends(REPLIES)
    assert ends == dict.fromkeys(range(PARTITIONS), 0)
    assert await reading.has_passed("replies", REPLIES, ends)


async def test_a_record_that_was_not_handled_is_seen_and_a_marker_after_it_does_not_matter(
    own_world: World, database: Database
) -> None:
    reading = reading_of(own_world, database)
    await in_a_transaction(own_world, "one", "two", "three")
    ends = await reading.ends(REPLIES)
    assert not await reading.has_passed("replies", REPLIES, ends)
    last_records = {part: end - 1 for part, end in ends.items() if end}
    *most, last = last_records
    await stored(database, {part: last_records[part] for part in most})
    assert not await reading.has_passed("replies", REPLIES, ends)
    await stored(database, {last: last_records[last]})
    assert await reading.has_passed("replies", REPLIES, ends)
    await in_a_transaction(own_world, "one", "two", "three", "four", "five", "six")
    assert await reading.has_passed("replies", REPLIES, ends)
    assert not await reading.has_passed_now("replies", REPLIES, within=0.2)


async def test_who_asks_again_for_the_same_thing_does_not_wait_for_what_was_written_since(
    own_world: World, database: Database
) -> None:
    """A large import writes for minutes: no try would ever succeed."""
    reading = reading_of(own_world, database)
    await in_a_transaction(own_world, "one", "two", "three")
    ends = await reading.ends(REPLIES)
    assert not await reading.gets_past("replies", REPLIES, ends, within=0)
    await stored(database, ends)
    await in_a_transaction(own_world, *(str(number) for number in range(40)))
    assert not await reading.has_passed_now("replies", REPLIES, within=0)
    assert await reading.gets_past("replies", REPLIES, ends, within=0)


async def test_another_groups_reading_does_not_count(own_world: World, database: Database) -> None:
    reading = reading_of(own_world, database)
    await in_a_transaction(own_world, "one")
    await stored(database, await reading.ends(REPLIES))
    assert await reading.has_passed_now("replies", REPLIES, within=0)
    assert not await reading.has_passed_now("others", REPLIES, within=0)


async def test_a_topic_that_is_not_there_is_never_taken_for_read(own_world: World, database: Database) -> None:
    missing = Topic("nowhere", "", Cleanup.DELETE, (), (), "")
    with pytest.raises(Unavailable):
        await reading_of(own_world, database).has_passed_now("replies", missing, within=0)


async def test_waiting_ends_once_every_partition_was_handled_whichever_replica_did_it(
    own_world: World, database: Database
) -> None:
    await in_a_transaction(own_world, *(str(number) for number in range(20)))
    reading = reading_of(own_world, database)
    *ours, theirs = (await reading.ends(REPLIES)).items()
    waiting = asyncio.create_task(reading.until_read([("replies", REPLIES)]))
    await stored(database, dict(ours))
    over, _ = await asyncio.wait({waiting}, timeout=1.0)
    assert not over
    await stored(database, dict([theirs]))
    async with asyncio.timeout(20):
        await waiting
