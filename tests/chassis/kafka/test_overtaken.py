"""A batch that another replica has handled meanwhile has no effect."""

import asyncio
from datetime import UTC, datetime

import pytest
from chassis.db.database import Database
from chassis.kafka.positions import Overtaken, Position, store_positions
from contracts.topics import UNION_EVENTS

from tests.chassis.kafka.test_running import meeting
from tests.chassis.small import Settings, build, create_tables
from tests.support.facts import eventually
from tests.support.world import World


@pytest.fixture
async def settings(own_world: World) -> Settings:
    url = await own_world.databases.database(f"{own_world.prefix.rstrip('.')}_overtaken")
    await create_tables(url)
    return own_world.settings(Settings, database_url=url, module="small", group_instance="0")


async def test_a_consumer_that_stalled_past_its_successors_takeover_stores_nothing(
    own_world: World, settings: Settings
) -> None:
    """The successor has the same slot, as a pod that is replaced while the old one hangs: it takes over at once."""
    (stalled, slow), (successor, quick) = build(settings), build(settings)
    slow.stalls["one"] = asyncio.Event()
    slow.statements["one"] = "INSERT INTO meetings VALUES ('stale')"
    await own_world.publish(UNION_EVENTS, "leeds", meeting("one"))
    async with stalled.serving():
        await eventually(lambda: slow.tried["one"])
        await own_world.publish(UNION_EVENTS, "leeds", meeting("two"))
        async with successor.serving():
            await eventually(quick.noted, until=lambda noted: noted == {"one", "two"})
            slow.stalls["one"].set()
            await eventually(lambda: stalled.subscriptions[0].progress.put_back)
            await own_world.publish(UNION_EVENTS, "leeds", meeting("three"))
            await eventually(quick.noted, until=lambda noted: "three" in noted)
            assert await quick.noted() == {"one", "two", "three"}


async def test_what_was_stored_of_a_batch_before_it_was_put_back_is_not_handled_again(
    own_world: World, settings: Settings
) -> None:
    """The second meeting meets a table that is missing, which is no fault of the record and is waited for."""
    await own_world.publish(UNION_EVENTS, "leeds", meeting("first"))
    await own_world.publish(UNION_EVENTS, "leeds", meeting("broken"))
    application, small = build(settings)
    small.statements = {"first": "INSERT INTO meetings VALUES ('mark')", "broken": "SELECT * FROM later"}
    async with application.serving():
        await eventually(lambda: application.subscriptions[0].progress.put_back > 1)
        assert await small.noted() == {"first", "mark"}
        del small.statements["broken"]
        await eventually(small.noted, until=lambda noted: noted == {"first", "mark", "broken"})


async def test_a_position_is_compared_with_the_first_record_of_the_batch(settings: Settings) -> None:
    database = Database(settings.database_url)

    async def store(*spans: tuple[int, int]) -> None:
        now = datetime.now(UTC)
        positions = [Position("replies", part, first, after, now) for part, (first, after) in enumerate(spans)]
        async with database.transaction() as session:
            await store_positions(session, "replies", positions)

    await store((0, 5), (0, 7))
    await store((5, 10), (9, 12))
    with pytest.raises(Overtaken):
        await store((9, 15), (12, 20))
    await store((10, 15), (12, 20))
    await database.close()
