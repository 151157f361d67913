"""What an erasure costs does not depend on how many polls there were."""

from collections.abc import Sequence
from uuid import uuid4

from ballot.repository import erasure
from chassis.db.database import Database
from sqlalchemy import event, text

from tests.ballot.scenario import Scenario

_ROLLS = """
INSERT INTO roll (poll_id, voter)
SELECT gen_random_uuid(), voter FROM unnest(CAST(:voters AS uuid[])) AS voter, generate_series(1, 40)
"""


async def test_the_polls_of_the_erased_are_found_by_the_database_alone(scenario: Scenario) -> None:
    database, voters = Database(scenario.world.database_url("ballot")), [uuid4(), uuid4()]
    sizes: list[int] = []

    def note(_connection: object, _cursor: object, _statement: str, parameters: Sequence[object], *_: object) -> None:
        sizes.extend(len(each) for each in parameters if isinstance(each, list))

    async with database.transaction() as session:
        await session.execute(text(_ROLLS), {"voters": voters})
        event.listen(database.engine.sync_engine, "before_cursor_execute", note)
        await erasure.anonymise(session, voters)
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)
        left = await session.scalar(text("SELECT count(*) FROM roll WHERE voter = ANY(:voters)"), {"voters": voters})
    await database.close()
    assert (left, set(sizes)) == (0, {len(voters)})
