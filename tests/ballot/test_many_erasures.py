"""What an erasure costs does not depend on how many polls there were."""

from uuid import uuid4

from ballot.repository import erasure
from chassis.db.database import Database
from sqlalchemy import text

from tests.ballot.scenario import Scenario
from tests.support.statements import sent_to

_ROLLS = """
INSERT INTO roll (poll_id, voter)
SELECT gen_random_uuid(), voter FROM unnest(CAST(:voters AS uuid[])) AS voter, generate_series(1, 40)
"""


async def test_the_polls_of_the_erased_are_found_by_the_database_alone(scenario: Scenario) -> None:
    database, voters = Database(scenario.world.database_url("ballot")), [uuid4(), uuid4()]
    async with database.transaction() as session:
        await session.execute(text(_ROLLS), {"voters": voters})
        with sent_to(database) as sent:
            await erasure.anonymise(session, voters)
        left = await session.scalar(text("SELECT count(*) FROM roll WHERE voter = ANY(:voters)"), {"voters": voters})
    await database.close()
    assert (left, {items for _, items in sent}) == (0, {len(voters)})
