"""A poll goes after its span with roll and answers; tombstones have the readers delete what they keep of it."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from ballot.settings import Settings
from ballot.spans import SPANS
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.retention.retention import Retention
from contracts.events.campaigns import CampaignLaunched, Content
from contracts.topics import BALLOTS, CAMPAIGNS, PARTICIPATION, Topic
from sqlalchemy import text

from tests.ballot.builders import reply
from tests.ballot.scenario import Scenario
from tests.support.facts import eventually

_LEFT = text("""
    SELECT (SELECT count(*) FROM roll WHERE poll_id = :id), (SELECT count(*) FROM answers WHERE poll_id = :id),
        (SELECT count(*) FROM participations WHERE poll_id = :id), (SELECT count(*) FROM polls WHERE poll_id = :id)
""")


async def test_a_counted_poll_goes_after_its_span_and_an_open_one_stays(scenario: Scenario) -> None:
    world, ids = scenario.world, await scenario.add_members(3)
    counted, open_ = await scenario.open_poll(), await scenario.open_poll()
    for poll_id in (counted, open_):
        await scenario.publish_replies(*(reply(poll_id, one, "voted") for one in ids))
        await scenario.result(poll_id, received=3)
    await scenario.close_and_count(counted)
    settings, database = world.settings(Settings), Database(world.database_url("ballot"))

    async def left(poll_id: str) -> tuple[int, ...]:
        async with database.transaction() as session:
            return tuple((await session.execute(_LEFT, {"id": UUID(poll_id)})).one())

    async def tombstones(topic: Topic) -> set[str]:
        last = {record.key: record.value for record in await world.raw(topic)}
        return {key for key, value in last.items() if value is None}

    try:
        for days, there in ((399, (3, 3, 3, 1)), (401, (0, 0, 0, 0))):
            clock = Clock(datetime.now(UTC) + timedelta(days=days))
            await Retention(settings, database, clock, SPANS).step()
            assert await left(counted) == there
        assert await left(open_) == (3, 3, 3, 1)
        assert (await scenario.client.get(f"/polls/{counted}")).status_code == 404
        expected = {f"{counted}:{member}" for member in ids}
        await eventually(lambda: tombstones(PARTICIPATION), until=lambda found: found == expected)
        await eventually(lambda: tombstones(BALLOTS), until=lambda found: found == {counted})
    finally:
        await database.close()


async def test_a_campaign_goes_by_its_tombstone(scenario: Scenario) -> None:
    poll_id = uuid4()
    campaign = CampaignLaunched(
        campaign_id=uuid4(),
        version=1,
        state="launched",
        name="Vote",
        purpose="ballot_notice",
        content=(Content(channel="sms", language="en", text="Vote"),),
        launched_on=date(2026, 3, 1),
        expires_at=datetime(2026, 4, 1, tzinfo=UTC),
        poll_id=poll_id,
    )
    key, database = str(campaign.campaign_id), Database(scenario.world.database_url("ballot"))

    async def kept() -> int:
        async with database.transaction() as session:
            query = text("SELECT count(*) FROM campaigns WHERE poll_id = :id")
            return int((await session.execute(query, {"id": poll_id})).scalar_one())

    try:
        await scenario.world.publish(CAMPAIGNS, key, campaign)
        await eventually(kept)
        await scenario.world.publish(CAMPAIGNS, key, None)
        await eventually(kept, until=lambda found: found == 0)
    finally:
        await database.close()
