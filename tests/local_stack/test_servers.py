"""The servers that every test and the local stack stand on."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from contracts.events.members import HeartbeatTicked
from contracts.topics import ALL, MEMBERS, UNION_EVENTS
from local_stack.kafka import KafkaServer, fetch_jars
from local_stack.postgres import PostgresServer

from tests.support.facts import eventually
from tests.support.world import Databases, World


async def test_every_topic_of_the_list_exists_with_its_settings(world: World) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=world.kafka.bootstrap)
    await admin.start()
    try:
        wanted = {world.prefix + topic.name for topic in ALL}
        await eventually(admin.list_topics, until=lambda names: wanted <= set(names))

        async def settings() -> dict[str, str]:
            """A broker takes a moment to know those of a fresh topic."""
            members = [ConfigResource(ConfigResourceType.TOPIC, world.prefix + MEMBERS.name)]
            answers: Any = await admin.describe_configs(members)
            return {entry[0]: entry[1] for answer in answers for entry in answer.resources[0][4]}

        await eventually(settings, until=lambda seen: seen.items() >= MEMBERS.config().items())
    finally:
        await admin.close()


async def test_an_event_published_is_read_back_in_order(world: World) -> None:
    moments = [datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2, 3)]
    for moment in moments:
        await world.publish(UNION_EVENTS, "one-key", HeartbeatTicked(at=moment))
    assert await world.read(UNION_EVENTS, 3) == [HeartbeatTicked(at=moment) for moment in moments]


async def test_a_tombstone_lies_on_the_topic_as_an_empty_value(own_world: World) -> None:
    await own_world.publish(MEMBERS, "gone", None)
    assert [(record.key, record.value) for record in await own_world.raw(MEMBERS, 1)] == [("gone", None)]


async def test_postgres_is_configured_like_a_server(postgres: Databases) -> None:
    connection = await asyncpg.connect((await postgres.database("settings")).replace("+asyncpg", ""))
    try:
        assert await connection.fetchval("SHOW synchronous_commit") == "on"
        assert await connection.fetchval("SHOW shared_buffers") == "256MB"
        assert int(await connection.fetchval("SHOW server_version_num")) >= 160000
    finally:
        await connection.close()


async def test_postgres_wants_its_password(postgres: Databases) -> None:
    url = (
        (await postgres.database("locked"))
        .replace("+asyncpg", "")
        .replace(":", ":wrong-", 2)
        .replace(":wrong-//", "://")
    )
    try:
        await asyncpg.connect(url)
    except asyncpg.exceptions.InvalidPasswordError:
        return
    raise AssertionError("a wrong password was taken")


async def test_a_killed_postgres_comes_back_on_its_port_with_what_was_committed(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path / "postgres", secrets.token_hex(16), tmp_path / "pg.log")
    await server.start()
    try:
        url = (await server.database("kept")).replace("+asyncpg", "")
        session = await asyncpg.connect(url)
        await session.execute("CREATE TABLE kept AS SELECT 1 AS one")
        await server.kill()
        await server.start()
        again = await asyncpg.connect(url)
        assert await again.fetchval("SELECT one FROM kept") == 1
        await again.close()
        session.terminate()
    finally:
        await server.stop()


async def test_a_killed_kafka_comes_back_on_its_port_with_what_was_acknowledged(tmp_path: Path) -> None:
    jars = await fetch_jars(Path(__file__).parent.parent.parent / ".muster" / "kafka")
    server = KafkaServer(tmp_path / "kafka", jars, tmp_path / "kafka.log")
    await server.start()
    try:
        await server.create_topics(topics=[UNION_EVENTS])
        producer = AIOKafkaProducer(bootstrap_servers=server.bootstrap, acks="all")
        await producer.start()
        await producer.send_and_wait(UNION_EVENTS.name, b"kept", partition=0)
        await server.kill()
        await server.start()
        await producer.send_and_wait(UNION_EVENTS.name, b"after", partition=0)
        await producer.stop()
        consumer = AIOKafkaConsumer(bootstrap_servers=server.bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        consumer.assign([TopicPartition(UNION_EVENTS.name, 0)])
        assert [(await consumer.getone()).value for _ in range(2)] == [b"kept", b"after"]
        await consumer.stop()
    finally:
        await server.stop()
