"""The result is counted from the answers alone: whoever watches a poll does not read its whole roll at every look."""

from ballot.settings import Settings
from chassis.db.database import Database
from sqlalchemy import text

from tests.ballot.given import Place, reply


async def test_who_took_part_is_as_many_as_the_turnout_says(place: Place) -> None:
    voted, waiting, changed, again, silent = await place.many(5)
    poll_id = await place.opened(kind="followed_ballot")
    said = ((voted, "voted"), (waiting, "notyet"), (changed, "voted"), (again, "voted"), (silent, "umm"))
    await place.say(*(reply(poll_id, one, words) for one, words in said))
    await place.say(reply(poll_id, changed, "notyet"), reply(poll_id, again, "voted"))
    result = await place.result(poll_id, counted=4, superseded=2, unmatched=1)
    turnout = (await place.client.get(f"/polls/{poll_id}/turnout")).json()
    assert result["took_part"] == turnout["took_part"] == 2


async def test_the_result_is_told_while_nobody_can_read_the_roll(place: Place) -> None:
    ids = await place.many(2)
    poll_id = await place.opened()
    await place.say(*(reply(poll_id, one, "voted") for one in ids))
    before = await place.result(poll_id, counted=2)
    database = Database(place.world.settings(Settings).database_url)
    async with database.transaction() as session:
        await session.execute(text("LOCK TABLE roll IN ACCESS EXCLUSIVE MODE"))
        assert (await place.client.get(f"/polls/{poll_id}/result")).json() == before
    await database.close()
