"""A service ends in order on SIGTERM, whatever else is away, and waits for a pool that is busy."""

import asyncio
import signal
import socket
import uuid
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import ballot.settings
import httpx
import pytest
from chassis.db.database import Database
from chassis.db.leader import lead
from chassis.errors import Unavailable
from chassis.kafka.outbox import Outgoing, Relay, put
from chassis.kafka.producer import Kafka, Record
from chassis.tasks import cancelled
from contracts.events.union_events import MeetingScheduled
from contracts.topics import UNION_EVENTS
from local_stack.processes import tail
from sqlalchemy import text

from tests.chassis.small import Settings, build, create_tables
from tests.support.facts import eventually
from tests.support.replicas import replicas
from tests.support.world import World


async def say(database: Database, name: str) -> None:
    event = MeetingScheduled(meeting_id=name, body="leeds", title="Strike", starts_at=datetime(2026, 3, 1, tzinfo=UTC))
    async with database.transaction() as session:
        await put(session, "members", [Outgoing(UNION_EVENTS, "leeds", event, uuid.uuid4(), datetime.now(UTC))])


async def is_taken_up(database: Database) -> bool:
    """Whether a relay has read the outbox since the row in it was written, and got no further."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity, outbox WHERE datname = current_database() AND state = 'idle' "
        "AND query LIKE 'SELECT outbox.id%' AND query_start > created_at"
    )
    async with database.transaction() as session:
        return bool((await session.execute(query)).scalar())


async def test_a_service_whose_broker_is_away_ends_in_order_on_sigterm(mortal_world: World, tmp_path: Path) -> None:
    settings = mortal_world.settings(ballot.settings.Settings)
    database = Database(settings.database_url)
    async with replicas("ballot", settings, tmp_path) as running:
        await running.scale(1)
        await say(database, "while it was there")
        await mortal_world.read(UNION_EVENTS, 1)
        await mortal_world.kafka.kill()
        await say(database, "while it is away")
        await eventually(lambda: is_taken_up(database), within=60)
        child = await running.lose(signal.SIGTERM)
    await database.close()
    log = child.command.log.read_text()
    assert child.returncode == 0, tail(child.command.log)
    assert "a task does not end" not in log


async def test_a_producer_with_something_unsaid_ends_although_the_broker_is_away(mortal_world: World) -> None:
    kafka = Kafka(mortal_world.settings(Settings, module="small"))
    record = Record(UNION_EVENTS, "leeds", b"{}")
    await kafka.publish_many([record])
    await mortal_world.kafka.kill()
    before = asyncio.all_tasks()
    unsaid = asyncio.create_task(kafka.publish_many([record]))
    answered, _ = await asyncio.wait({unsaid}, timeout=1.0)
    assert not answered, "an acknowledgement of a broker that is away"
    async with asyncio.timeout(60):
        await kafka.stop()
    with pytest.raises(Unavailable):
        await unsaid
    await eventually(lambda: asyncio.all_tasks() <= before)


async def test_a_broker_that_is_away_is_shown_and_neither_refuses_requests_nor_ends_the_process(
    mortal_world: World,
) -> None:
    url = await mortal_world.databases.database(f"small_{uuid.uuid4().hex[:8]}")
    await create_tables(url)
    settings = mortal_world.settings(Settings, database_url=url, module="small")
    application, _ = build(settings, stale_after=1.0)

    async def shown() -> tuple[str, int, int]:
        alive, ready = await client.get("/healthz"), await client.get("/readyz")
        return ready.json()["parts"]["hears notes"], ready.status_code, alive.status_code

    async with application.serving() as address, httpx.AsyncClient(base_url=address, timeout=30) as client:
        await eventually(lambda: all(each.progress.caught_up for each in application.subscriptions), within=60)
        await mortal_world.kafka.kill()  # a consumer without partitions would be starting for as long
        await eventually(lambda: application.subscriptions[0].is_silent(10.0), within=60)
        await eventually(shown, until=lambda seen: seen == ("cut off", 200, 200))


async def test_the_kernel_asks_a_silent_database_whether_it_lives(own_world: World) -> None:
    """A host that is gone answers nothing at all: a query to it would be waited for without end."""
    database = Database(await own_world.databases.database(f"small_{uuid.uuid4().hex[:8]}"))
    async with database.connect() as connection:
        raw = await connection.get_raw_connection()
        line = raw.driver_connection._transport.get_extra_info("socket")  # type: ignore[union-attr]
        assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        wanted = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
        asked = [line.getsockopt(socket.IPPROTO_TCP, option) for option in wanted]
    await database.close()
    assert asked[0] + asked[1] * asked[2] <= 60
    assert asked[3] <= 60_000


async def test_what_needs_a_connection_of_its_own_waits_for_a_busy_pool(own_world: World) -> None:
    url = await own_world.databases.database(f"small_{uuid.uuid4().hex[:8]}")
    await create_tables(url)
    kafka = Kafka(own_world.settings(Settings, database_url=url, module="small"))
    database, led = Database(url, pool_size=2, pool_timeout=0.1), asyncio.Event()

    async def work() -> None:
        led.set()
        await asyncio.Event().wait()

    async with AsyncExitStack() as held:
        for _ in range(8):  # three times as many may come on top of the pool
            await held.enter_async_context(database.engine.connect())
        tasks = [
            asyncio.create_task(Relay(database, kafka, "members").run()),
            asyncio.create_task(lead(database, "a-thing", work)),
        ]
        ended, _ = await asyncio.wait(tasks, timeout=1.5, return_when=asyncio.FIRST_COMPLETED)
    assert not ended
    await say(database, "once there is room")
    await own_world.read(UNION_EVENTS, 1)
    async with asyncio.timeout(20):
        await led.wait()
    await cancelled(tasks)
    await database.close()
