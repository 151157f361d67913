"""Opening and closing a poll wait for nothing that others do, and others do not wait for them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from ballot.domain.polls import PollState
from ballot.service.polls import Polls
from ballot.settings import Settings
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Unavailable
from chassis.kafka.catch_up import CatchUp
from chassis.kafka.producer import Kafka
from contracts.topics import Topic
from sqlalchemy import text

from tests.ballot.builders import reply
from tests.ballot.scenario import Scenario


@asynccontextmanager
async def holding(scenario: Scenario, statement: str, **values: object) -> AsyncIterator[None]:
    """Locks are held meanwhile."""
    database = Database(scenario.world.settings(Settings).database_url)
    async with database.transaction() as session:
        await session.execute(text(statement), values)
        yield
    await database.close()


async def test_a_poll_is_closed_and_counted_without_its_roll(scenario: Scenario) -> None:
    """What a million members are on is read by nobody who closes, counts or asks."""
    ids = await scenario.add_members(12)
    poll_id = await scenario.open_poll()
    await scenario.publish_replies(*(reply(poll_id, one, "voted") for one in ids))
    await scenario.result(poll_id, counted=12)
    async with holding(scenario, "LOCK TABLE roll IN ACCESS EXCLUSIVE MODE"):
        await scenario.close_and_count(poll_id, took_part=12)
        turnout = (await scenario.client.get(f"/polls/{poll_id}/turnout")).json()
        assert (turnout["roll"], turnout["took_part"]) == (12, 12)


async def test_answers_are_recorded_while_a_closing_settles_others(scenario: Scenario) -> None:
    hasty, another = await scenario.add_members(2)
    poll_id = await scenario.open_poll()
    later = datetime.now(UTC) + timedelta(minutes=5)
    await scenario.publish_replies(reply(poll_id, hasty, "voted", received_at=later))
    await scenario.result(poll_id, counted=1)
    async with holding(scenario, "SELECT 1 FROM roll WHERE voter = :voter FOR UPDATE", voter=hasty):
        closing = asyncio.create_task(scenario.client.post(f"/polls/{poll_id}/close"))
        await scenario.result(poll_id, state="closed", counted=1)
        await scenario.publish_replies(reply(poll_id, another, "voted"))
        await scenario.result(poll_id, state="closed", late=1)
        assert not closing.done()
    assert (await closing).status_code == 200
    await scenario.result(poll_id, state="counted", counted=0, late=2)


class Importing(CatchUp):
    """An import goes on: the end of the topic is always ahead of what was read."""

    end, read = 0, 0

    async def ends(self, topic: Topic) -> dict[int, int]:
        """Further at each look."""
        self.end += 100
        return {0: self.end}

    async def gets_past(self, group: str, topic: Topic, ends: Mapping[int, int], *, within: float) -> bool:
        """The reader is a hundred behind."""
        return self.read >= ends[0]


async def test_a_poll_opens_during_an_import(scenario: Scenario) -> None:
    await scenario.add_members(3)
    poll_id = await scenario.open_poll()  # the projection has these members now
    settings = scenario.world.settings(Settings)
    database = Database(settings.database_url)
    reading = Importing(Kafka(settings), database)
    polls = Polls(database, reading, settings.ids, Clock(None), provider_keywords=False)
    definition = (await polls.get(UUID(poll_id), None)).poll.definition
    again = await polls.create(uuid4(), definition, "a-test", None)
    with pytest.raises(Unavailable, match="members are still being read"):
        await polls.open(again.poll.poll_id)
    reading.read = 100
    opened = await polls.open(again.poll.poll_id)
    assert (opened.poll.state, opened.poll.roll) == (PollState.OPEN, 3)
    await database.close()
