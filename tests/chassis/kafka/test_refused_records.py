"""A record that the broker does not take: nothing that waits is forgotten, and the producer finds its way back."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from chassis.db.database import Database
from chassis.errors import Unavailable
from chassis.kafka.outbox import Outgoing, Relay, put
from chassis.kafka.producer import Kafka, Record
from chassis.tasks import cancelled
from contracts.events.union_events import MeetingScheduled
from contracts.topics import UNION_EVENTS, Topic
from sqlalchemy import text

from tests.chassis.small import Settings, create_tables
from tests.support.facts import eventually
from tests.support.world import World

_LONG = b"x" * 400


class Narrow(Topic):
    """A topic that takes no record above 200 bytes."""

    def config(self) -> dict[str, str]:
        return super().config() | {"max.message.bytes": "200"}


@pytest.fixture
async def narrow(own_world: World) -> AsyncIterator[World]:
    """Where a topic takes no record above 200 bytes."""
    world = replace(own_world, prefix=f"n{uuid.uuid4().hex[:8]}.")
    await world.start([Narrow(**{each.name: getattr(UNION_EVENTS, each.name) for each in fields(Topic)})])
    yield world
    await world.stop()


async def widen(world: World) -> None:
    """To Kafka's own limit."""
    admin = AIOKafkaAdminClient(bootstrap_servers=world.kafka.bootstrap)
    await admin.start()
    name, usual = world.prefix + UNION_EVENTS.name, {"max.message.bytes": "1048588"}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, usual)])
    await admin.close()


_MEETING = MeetingScheduled(meeting_id="m", body="leeds", title="Picket", starts_at=datetime(2026, 3, 1, tzinfo=UTC))
"""In its envelope longer than 200 bytes."""


async def test_the_relay_forgets_no_event_that_the_broker_refused_inside_a_committed_transaction(
    narrow: World, capsys: pytest.CaptureFixture[str]
) -> None:
    url = await narrow.databases.database(f"small_{uuid.uuid4().hex[:8]}")
    await create_tables(url)
    database = Database(url)
    kafka = Kafka(narrow.settings(Settings, database_url=url, module="small"))

    async def left() -> int:
        async with database.transaction() as session:
            return int((await session.execute(text("SELECT count(*) FROM outbox"))).scalar_one())

    async with database.transaction() as session:
        outgoing = Outgoing(UNION_EVENTS, "leeds", _MEETING, uuid.uuid4(), datetime.now(UTC))
        await put(session, "members", [outgoing])
    relay = asyncio.create_task(Relay(database, kafka, "members").run())
    await eventually(lambda: "lost its place" in capsys.readouterr().out, within=60)
    assert await left() == 1
    await widen(narrow)
    assert await narrow.read(UNION_EVENTS, 1) == [_MEETING]
    await eventually(left, until=lambda rows: rows == 0)
    await cancelled([relay])
    await database.close()


async def test_after_a_refused_record_the_same_partition_takes_the_next_one(narrow: World) -> None:
    kafka = Kafka(narrow.settings(Settings, database_url="postgresql+asyncpg://nowhere/none", module="small"))

    def record(value: bytes) -> Record:
        return Record(UNION_EVENTS, "leeds", value)

    await kafka.publish_many([record(b"first")])
    with pytest.raises(Unavailable):
        await kafka.publish_many([record(_LONG)])
    await kafka.publish_many([record(b"second")])
    await kafka.stop()
    assert [one.value for one in await narrow.raw(UNION_EVENTS)] == [b"first", b"second"]
