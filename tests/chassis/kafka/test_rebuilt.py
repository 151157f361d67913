"""A broker that was rebuilt: stored positions lie above the ends of its empty logs."""

import shutil

import httpx
from chassis.db.database import Database
from chassis.kafka.catch_up import CatchUp
from chassis.kafka.producer import Kafka
from contracts.topics import UNION_EVENTS

from tests.chassis.kafka.test_running import meeting
from tests.chassis.muster import muster
from tests.chassis.small import Settings, build, create_tables
from tests.support.facts import eventually
from tests.support.world import World


async def rebuild(world: World) -> None:
    """An empty broker at the same place."""
    await world.stop()
    world.producer = None
    await world.kafka.kill()
    shutil.rmtree(world.folder / "kafka" / "data")
    await world.kafka.start()
    await world.start()


async def test_nothing_counts_as_read_in_a_rebuilt_log_until_an_operator_accepts_it(mortal_world: World) -> None:
    url = await mortal_world.databases.database(f"{mortal_world.prefix.rstrip('.')}_rebuilt")
    await create_tables(url)
    settings = mortal_world.settings(Settings, database_url=url, module="small")
    database = Database(url)
    reading = CatchUp(Kafka(settings), database)
    application, small = build(settings)

    async def shown() -> tuple[int, str]:
        ready = await client.get("/readyz")
        return ready.status_code, ready.json()["parts"]["hears notes"]

    rebuilt = (200, "union-events rebuilt: run muster topics accept-rebuilt members")
    async with application.serving() as at, httpx.AsyncClient(base_url=at, timeout=30) as client:
        for name in ("one", "two"):
            await mortal_world.publish(UNION_EVENTS, "leeds", meeting(name))
        await small.has_noted("one", "two")
        before = await reading.ends(UNION_EVENTS)
        assert await reading.has_passed("notes", UNION_EVENTS, before)
        await rebuild(mortal_world)
        assert not await reading.has_passed("notes", UNION_EVENTS, before)
        assert not any((await reading.passed("notes", UNION_EVENTS)).values())
        await eventually(shown, until=lambda seen: seen == rebuilt, within=60)
    for name in ("three", "four", "five"):
        await mortal_world.publish(UNION_EVENTS, "leeds", meeting(name))
    application, small = build(settings)
    async with application.serving() as at, httpx.AsyncClient(base_url=at, timeout=30) as client:
        await eventually(shown, until=lambda seen: seen == rebuilt, within=60)
        assert not await reading.has_passed_now("notes", UNION_EVENTS, within=0), "though the log has grown past it"
        assert await small.noted() == {"one", "two"}
        said = await muster(settings, "topics", "accept-rebuilt", "dispatch-sms")  # one that owns no compacted topic
        assert said.lines == [{"group": "notes", "topic": "union-events", "partitions": 1}], said.error
        await small.has_noted("one", "two", "three", "four", "five")
        await eventually(shown, until=lambda seen: seen == (200, "ok"), within=60)
        assert await reading.has_passed_now("notes", UNION_EVENTS, within=30)
        assert await reading.has_passed("notes", UNION_EVENTS, {part: end + 1000 for part, end in before.items()})
    await database.close()
