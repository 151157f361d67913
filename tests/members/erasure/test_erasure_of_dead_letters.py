"""The erasure of a member deletes the dead letters about them."""

from functools import partial

from chassis.db.database import Database
from contracts import topics
from sqlalchemy import text

from tests.members.service import Running
from tests.support.facts import eventually
from tests.support.world import World


async def subjects(database: Database) -> list[list[str]]:
    """The member that each dead letter is about."""
    async with database.transaction() as session:
        return list((await session.execute(text("SELECT subjects FROM dead_letters"))).scalars())


async def test_erasing_a_member_deletes_the_dead_letters_about_them(members: Running, world: World) -> None:
    ids = []
    for number in ("E1", "E2"):
        given = {"membership_number": number, "given_name": "Ann", "family_name": "Lee"}
        ids.append((await members.http.post("/members", json=given)).json()["member_id"])
        await world.publish_raw(topics.REPLIES, ids[-1], b"STOP, says Ann Lee")
    database = members.application.database
    assert database is not None
    await eventually(partial(subjects, database), until=lambda found: len(found) == 2)
    assert (await members.http.delete(f"/members/{ids[0]}")).status_code == 204
    assert await subjects(database) == [[ids[1]]]
