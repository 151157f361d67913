"""Results and turnout. A result is counted from the answers alone, so that polling it does not read the roll."""

from ballot.settings import Settings
from chassis.db.database import Database
from sqlalchemy import text

from tests.ballot.builders import reply
from tests.ballot.scenario import Scenario


async def test_who_took_part_is_as_many_as_the_turnout_says(scenario: Scenario) -> None:
    voted, waiting, changed, again, silent = await scenario.add_members(5)
    poll_id = await scenario.open_poll(kind="followed_ballot")
    said = ((voted, "voted"), (waiting, "notyet"), (changed, "voted"), (again, "voted"), (silent, "umm"))
    await scenario.publish_replies(*(reply(poll_id, one, words) for one, words in said))
    await scenario.publish_replies(reply(poll_id, changed, "notyet"), reply(poll_id, again, "voted"))
    result = await scenario.result(poll_id, counted=4, superseded=2, unmatched=1)
    turnout = (await scenario.client.get(f"/polls/{poll_id}/turnout")).json()
    assert result["took_part"] == turnout["took_part"] == 2


async def test_turnout_hides_figures_about_few_people_and_what_would_reveal_them(scenario: Scenario) -> None:
    leeds, york = await scenario.add_members(12, "leeds"), await scenario.add_members(15, "york")
    await scenario.add_members(3, "bath")
    poll_id = await scenario.open_poll()
    await scenario.publish_replies(*(reply(poll_id, one, "voted") for one in (*leeds[:11], *york[:12])))
    await scenario.result(poll_id, counted=23)
    turnout = (await scenario.client.get(f"/polls/{poll_id}/turnout")).json()
    assert (turnout["roll"], turnout["took_part"]) == (30, 23)
    lines = {line["branch_name"].rsplit("-", 1)[-1]: (line["roll"], line["took_part"]) for line in turnout["branches"]}
    assert lines == {"Bath": (None, None), "Leeds": (None, None), "York": (15, 12)}


async def test_the_result_is_answered_while_the_roll_is_locked(scenario: Scenario) -> None:
    ids = await scenario.add_members(2)
    poll_id = await scenario.open_poll()
    await scenario.publish_replies(*(reply(poll_id, one, "voted") for one in ids))
    before = await scenario.result(poll_id, counted=2)
    database = Database(scenario.world.settings(Settings).database_url)
    async with database.transaction() as session:
        await session.execute(text("LOCK TABLE roll IN ACCESS EXCLUSIVE MODE"))
        assert (await scenario.client.get(f"/polls/{poll_id}/result")).json() == before
    await database.close()
