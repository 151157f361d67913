"""How a campaign stands is summed from what was counted; its deliveries are not read."""

from chassis.db.database import Database
from segmenter.settings import Settings
from sqlalchemy import text

from tests.segmenter.union import Union
from tests.support.facts import eventually


async def test_progress_is_answered_while_the_deliveries_are_locked(union: Union) -> None:
    await union.joined_by(union.member(), union.member(email=False, consents=("sms",)))
    campaign_id = await union.launched(channels={"rule": "all", "order": ["sms", "email"]})
    first, _ = await union.requests(campaign_id, 2)
    await union.publish_status(first, "accepted", rev=2)

    async def progress() -> dict[str, object]:
        return await union.progress(campaign_id)

    seen = await eventually(progress, until=lambda seen: seen["by_status"] == {"accepted": 1, "requested": 2})
    assert (seen["requested"], seen["not_requested"]) == (3, 0)
    database = Database(union.world.settings(Settings).database_url)
    async with database.transaction() as session:
        await session.execute(text("LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE"))
        for deed, state in (("pause", "paused"), ("cancel", "cancelled")):
            assert (await union.client.post(f"/campaigns/{campaign_id}/{deed}")).status_code == 200
            assert await union.progress(campaign_id) == seen | {"state": state}
    await database.close()
