"""What cannot be stored now is read again later: no error of the database loses a batch."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
from chassis.db.database import Database
from contracts.events.members import MemberChanged
from contracts.events.union_events import MeetingScheduled
from contracts.topics import MEMBERS, UNION_EVENTS
from sqlalchemy import text
from sqlalchemy.engine import make_url

from tests.chassis.muster import letters, rows
from tests.chassis.small import Settings, build, create_tables
from tests.support.facts import eventually
from tests.support.world import World


def meeting(name: str) -> MeetingScheduled:
    return MeetingScheduled(meeting_id=name, body="leeds", title="Strike", starts_at=datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture
async def settings(own_world: World) -> Settings:
    url = await own_world.databases.database(f"small_{uuid.uuid4().hex[:8]}")
    await create_tables(url)
    return own_world.settings(Settings, database_url=url, module="small")


class Operator:
    """A connection to another database of the server, which the test does not disturb."""

    def __init__(self, url: str) -> None:
        self._name = make_url(url).database
        self._beside = Database(make_url(url).set(database="postgres").render_as_string(hide_password=False))
        self._inside = Database(url)

    async def close(self) -> None:
        await self._beside.close()
        await self._inside.close()

    async def says(self, statement: str) -> None:
        async with self._inside.transaction() as session:
            await session.execute(text(statement))

    async def read_only(self, answer: str) -> None:
        """For every session that begins from now on; those that are open end, as they do in a failover."""
        async with self._beside.transaction() as session:
            await session.execute(text(f'ALTER DATABASE "{self._name}" SET default_transaction_read_only = {answer}'))

    async def end_sessions(self) -> None:
        end = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
        async with self._beside.transaction() as session:
            await session.execute(end, {"name": self._name})


@asynccontextmanager
async def operator(settings: Settings) -> AsyncIterator[Operator]:
    here = Operator(settings.database_url)
    try:
        yield here
    finally:
        await here.close()


async def status_of_a_note(client: httpx.AsyncClient) -> int:
    return (await client.post("/notes", json={"meeting_id": uuid.uuid4().hex})).status_code


async def test_a_database_that_is_read_only_for_a_while_is_waited_for(own_world: World, settings: Settings) -> None:
    application, small = build(settings)
    progress = application.subscriptions[0].progress
    async with (
        operator(settings) as at_the_server,
        application.serving() as url,
        httpx.AsyncClient(base_url=url, timeout=30) as client,
    ):
        await eventually(lambda: progress.caught_up)
        await at_the_server.read_only("on")
        await at_the_server.end_sessions()
        await eventually(lambda: status_of_a_note(client), until=lambda status: status == 503)
        await own_world.publish(UNION_EVENTS, "leeds", meeting("first"))
        await eventually(lambda: small.tried["first"] > 1)
        await at_the_server.read_only("off")
        await own_world.publish(UNION_EVENTS, "leeds", meeting("second"))
        await eventually(small.noted, until=lambda noted: {"first", "second"} <= noted)
        await eventually(lambda: status_of_a_note(client), until=lambda status: status == 200)
    assert await rows(settings, 0) == []


async def test_a_dead_letter_that_cannot_be_written_now_is_written_later(own_world: World, settings: Settings) -> None:
    member = uuid.uuid4()
    application, _ = build(settings)
    progress = application.subscriptions[1].progress
    async with operator(settings) as at_the_server, application.serving():
        await eventually(lambda: progress.caught_up)
        await at_the_server.says("ALTER TABLE dead_letters RENAME TO elsewhere")
        refused = MemberChanged(member_id=member, version=1, given_name="Refused", family_name="Ng")
        await own_world.publish(MEMBERS, str(member), refused)
        await own_world.publish(MEMBERS, str(member), refused.model_copy(update={"given_name": "Ada", "version": 2}))
        await eventually(lambda: progress.put_back)
        await at_the_server.says("ALTER TABLE elsewhere RENAME TO dead_letters")
        await rows(settings, 1)
    assert [letter["reason"] for letter in await letters(settings)] == ["we do not like them"]


async def test_a_position_that_cannot_be_stored_now_is_stored_later(own_world: World, settings: Settings) -> None:
    application, _ = build(settings)
    progress = application.subscriptions[0].progress
    async with operator(settings) as at_the_server, application.serving():
        await eventually(lambda: progress.caught_up)
        await at_the_server.says("ALTER TABLE consumed RENAME TO elsewhere")
        await own_world.publish_raw(UNION_EVENTS, "leeds", b"not json")
        await eventually(lambda: progress.put_back)
        await at_the_server.says("ALTER TABLE elsewhere RENAME TO consumed")
        database = Database(settings.database_url)

        async def stored() -> list[int]:
            async with database.transaction() as session:
                found = await session.execute(text("SELECT next_offset FROM consumed WHERE topic = 'union-events'"))
                return list(found.scalars())

        await eventually(stored, until=lambda offsets: offsets == [1])
        await database.close()
    assert [letter["reason"] for letter in await letters(settings)] == ["not JSON"], "buried once, not at every try"


async def test_only_values_are_poison_any_other_error_of_the_database_is_put_back(
    own_world: World, settings: Settings
) -> None:
    """SQLSTATE classes 22 and 23 are the record's own fault; a missing table is not."""
    application, small = build(settings)
    small.statements = {
        "divided": "SELECT 1 / 0",
        "twice": "INSERT INTO meetings VALUES ('same'), ('same')",
        "early": "SELECT 1 FROM later",
    }
    progress = application.subscriptions[0].progress
    async with operator(settings) as at_the_server, application.serving():
        await own_world.publish(UNION_EVENTS, "leeds", meeting("divided"))
        await own_world.publish(UNION_EVENTS, "leeds", meeting("twice"))
        found = await rows(settings, 2)
        assert {row["reason"] for row in found} == {"bug: DBAPIError", "bug: IntegrityError"}
        await own_world.publish(UNION_EVENTS, "leeds", meeting("early"))
        await own_world.publish(UNION_EVENTS, "leeds", meeting("after"))
        await eventually(lambda: progress.put_back > 1)
        assert "after" not in await small.noted()
        await at_the_server.says("CREATE TABLE later ()")
        await eventually(small.noted, until=lambda noted: {"early", "after"} <= noted)
    assert len(await rows(settings, 0)) == 2
