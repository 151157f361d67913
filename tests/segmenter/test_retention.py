"""A campaign goes with all that hangs on it and leaves a tombstone; polls go by their owner's."""

import uuid
from datetime import UTC, datetime, timedelta

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.retention.retention import Retention
from contracts import topics
from contracts.events.ballots import ParticipationRecorded
from segmenter.models.spans import SPANS
from segmenter.settings import Settings
from sqlalchemy import text

from tests.segmenter.union import NOW, Union
from tests.support.facts import eventually
from tests.support.world import World

_LEFT = text("""
    SELECT (SELECT count(*) FROM audience WHERE campaign_id = :id),
        (SELECT count(*) FROM deliveries WHERE campaign_id = :id),
        (SELECT count(*) FROM fanout_shards WHERE campaign_id = :id),
        (SELECT count(*) FROM campaigns WHERE campaign_id = :id)
""")


async def left(database: Database, campaign_id: str) -> tuple[int, ...]:
    async with database.transaction() as session:
        return tuple((await session.execute(_LEFT, {"id": campaign_id})).one())


async def tombstoned(world: World, topic: topics.Topic, key: str) -> bool:
    records = [record for record in await world.raw(topic) if record.key == key]
    return bool(records) and records[-1].value is None


async def test_an_ended_campaign_goes_after_its_span_with_its_audience_and_a_running_one_stays(
    union: Union, world: World
) -> None:
    await union.joined_by(union.member(), union.member())
    ended, running = await union.launched(), await union.launched()
    for request in await union.requests(ended, 2):
        await union.publish_status(request, "delivered")
    await union.requests(running, 2)
    await eventually(lambda: union.progress(ended), until=lambda seen: seen["state"] == "completed")
    settings, database = world.settings(Settings), Database(world.database_url("segmenter"))
    try:
        before = await left(database, ended)
        for days in (399, 410):
            clock = Clock(datetime.now(UTC) + timedelta(days=days))
            await Retention(settings, database, clock, SPANS).step()
            assert await left(database, ended) == (before if days < 400 else (0, 0, 0, 0))
        assert all(before)
        assert await left(database, running) == before
        assert (await union.client.get(f"/campaigns/{ended}")).status_code == 404
        await eventually(lambda: tombstoned(world, topics.CAMPAIGNS, ended))
        assert not await tombstoned(world, topics.CAMPAIGNS, running)
    finally:
        await database.close()


async def test_a_campaign_stays_while_its_poll_closed_less_long_ago(union: Union, world: World) -> None:
    await union.joined_by(union.member())
    poll = await union.poll(closes_at=NOW + timedelta(days=100))
    asked = await union.launched(poll_id=str(poll))
    (request,) = await union.requests(asked, 1)
    await union.publish_status(request, "delivered")
    await eventually(lambda: union.progress(asked), until=lambda seen: seen["state"] == "completed")
    settings, database = world.settings(Settings), Database(world.database_url("segmenter"))
    try:
        for days, there in ((450, 1), (510, 0)):
            clock = Clock(datetime.now(UTC) + timedelta(days=days))
            await Retention(settings, database, clock, SPANS).step()
            assert (await left(database, asked))[-1] == there
    finally:
        await database.close()


async def test_a_poll_and_its_participation_go_by_their_tombstones(union: Union, world: World) -> None:
    (member,) = await union.joined_by(union.member())
    poll = await union.poll()
    voted = ParticipationRecorded(ballot_id=poll, member_id=member.member_id, effect="voted", on=NOW.date())
    key = f"{poll}:{member.member_id}"
    await union.publish(topics.PARTICIPATION, key, voted)
    database = Database(world.database_url("segmenter"))
    query = text("""
        SELECT (SELECT count(*) FROM ballots WHERE ballot_id = :id),
            (SELECT count(*) FROM participation WHERE ballot_id = :id)
    """)

    async def kept() -> tuple[int, ...]:
        async with database.transaction() as session:
            return tuple((await session.execute(query, {"id": uuid.UUID(str(poll))})).one())

    try:
        await eventually(kept, until=lambda found: found == (1, 1))
        await world.publish(topics.PARTICIPATION, key, None)
        await world.publish(topics.BALLOTS, str(poll), None)
        await eventually(kept, until=lambda found: found == (0, 0))
    finally:
        await database.close()
