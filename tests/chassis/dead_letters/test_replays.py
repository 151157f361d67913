"""The mark of a replay is made with its effect, or neither is."""

import uuid
from datetime import UTC, datetime

import pytest
from chassis import replays
from chassis.kafka.batch import ReceivedEvent
from chassis.letters import Letter
from chassis.replaying import Again, Replayed
from contracts.union_events import MeetingScheduled

from tests.chassis.small import Settings, Small, build, create_tables
from tests.support.world import World

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LETTER = Letter(7, NOW, "union-events", 0, 3, 0, "notes", "refused", 1, b"leeds", b"{}", (), None)


def again(meeting_id: str) -> Again:
    """The letter's record as two replicas hold it; they differ here, so that each effect can be seen."""
    event = MeetingScheduled(meeting_id=meeting_id, body="leeds", title="AGM", starts_at=NOW)
    heard = ReceivedEvent(event, "1", "members", "leeds", "union-events", 0, 3, NOW, NOW, None)
    return Again("notes", (heard,), (), letter=LETTER.id, now=NOW)


async def state(small: Small) -> str:
    async with small.database.transaction() as session:
        return str((await replays.marks(session, [LETTER.id]))[LETTER.id].state)


async def test_of_two_replicas_that_replay_a_letter_one_has_the_effect(world: World) -> None:
    url = await world.databases.database(f"small_{uuid.uuid4().hex[:8]}")
    await create_tables(url)
    application, small = build(world.settings(Settings, database_url=url, module="small"))
    async with small.database.transaction() as session:
        assert await replays.ask(session, LETTER, "ann", NOW)
        assert not await replays.ask(session, LETTER, "bob", NOW)
    await small.on_meetings(again("first"))
    with pytest.raises(Replayed):
        await small.on_meetings(again("second"))
    assert await small.noted() == {"first"}
    assert await state(small) == "done"
    async with small.database.transaction() as session:
        assert not await replays.ask(session, LETTER, "bob", NOW)
    assert application.database is not None
    await application.database.close()
