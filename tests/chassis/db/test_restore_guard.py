"""A database that was set back under a running process: nothing more is done upon it, and the process ends."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import chassis.db.tables
import pytest
from asyncpg.exceptions import ConnectionDoesNotExistError, InterfaceError, InternalClientError
from chassis.db.database import Database
from chassis.db.restore_guard import RestoreDetected, RestoreGuard
from chassis.errors import Unavailable
from local_stack.postgres import PostgresServer
from sqlalchemy import event, text

from tests.support.copies import Copy
from tests.support.facts import eventually
from tests.support.world import World


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[PostgresServer]:
    server = PostgresServer(tmp_path / "postgres", secrets.token_hex(16), tmp_path / "pg.log", durable=False)
    await server.start()
    yield server
    await server.stop()


async def own(server: PostgresServer) -> Database:
    """A service's database there, with the chassis' tables."""
    database = Database(await server.database("own"))
    async with database.engine.begin() as connection:
        await connection.run_sync(chassis.db.tables.metadata.create_all)
    return database


async def counted(database: Database) -> int:
    async with database.transaction() as session:
        return int((await session.execute(text("SELECT coalesce(max(beat), 0) FROM beats"))).scalar_one())


async def last_beat(database: Database) -> datetime:
    async with database.transaction() as session:
        at: datetime = (await session.execute(text("SELECT max(at) FROM beats"))).scalar_one()
    return at


async def missed_since(database: Database) -> list[datetime]:
    query = text("SELECT missed_since FROM beats WHERE missed_since IS NOT NULL")
    async with database.transaction() as session:
        return list((await session.execute(query)).scalars())


async def answers(database: Database) -> bool:
    try:
        await counted(database)
    except Unavailable:
        return False
    return True


async def test_a_process_whose_database_was_set_back_gets_no_connection_and_ends(
    server: PostgresServer, tmp_path: Path
) -> None:
    copy = Copy(server, tmp_path / "postgres" / "data", tmp_path / "copy")
    database = await own(server)
    beating = asyncio.create_task(RestoreGuard(database).run())
    await eventually(lambda: counted(database), until=lambda seen: seen >= 2)
    taken = datetime.now(UTC)
    await copy.take()
    await eventually(lambda: answers(database))
    before = await counted(database)
    await eventually(lambda: counted(database), until=lambda seen: seen > before + 1)
    assert not beating.done()  # a server that was only away has forgotten nothing
    await copy.put_back()
    with pytest.raises(RestoreDetected):
        await asyncio.wait_for(beating, 30)
    with pytest.raises(RestoreDetected):
        await counted(database)
    await database.close()

    another = Database(server.url("own"))
    async with another.transaction() as session:
        word = (await session.execute(text("SELECT beat, missed_since, at FROM beats"))).one()
    assert word.beat <= before  # for this alone no connection may be given, whether or not it was noted
    assert taken - timedelta(seconds=5) < word.missed_since < taken
    beat = RestoreGuard(another)
    await beat.beat()
    assert await answers(another)
    await another.close()


async def test_a_backup_read_into_a_running_server_is_noticed_by_the_next_beat(server: PostgresServer) -> None:
    """All connections stay open, but no transaction begins on them."""
    database = await own(server)
    beat = RestoreGuard(database)
    for _ in range(3):
        await beat.beat()
    before = await last_beat(database)
    async with database.transaction() as session:
        await session.execute(text("UPDATE beats SET beat = 1"))
    with pytest.raises(RestoreDetected):
        await beat.beat()
    for refused in (database.transaction, database.connect):
        with pytest.raises(RestoreDetected):
            async with refused():
                pass
    await database.close()
    another = Database(server.url("own"))
    assert await missed_since(another) == [before]
    await another.close()


async def test_a_backup_older_than_the_process_is_one_from_anybodys_last_beat_before_it(
    server: PostgresServer, tmp_path: Path
) -> None:
    copy = Copy(server, tmp_path / "postgres" / "data", tmp_path / "copy")
    database = await own(server)
    await RestoreGuard(database).beat()
    before = await last_beat(database)
    await copy.take()
    later = Database(server.url("own"))
    beat = RestoreGuard(later)
    await eventually(lambda: answers(later))
    await beat.beat()
    await copy.put_back()
    with pytest.raises(RestoreDetected):
        await asyncio.wait_for(beat.run(), 30)
    await later.close()
    await database.engine.dispose()
    assert await missed_since(database) == [before]
    await database.close()


async def test_a_beat_that_is_counted_while_a_new_connection_asks_is_no_loss(server: PostgresServer) -> None:
    """The answer may be older than the beat."""
    database = await own(server)
    beat = RestoreGuard(database)

    class Slow:
        """A connection whose answers take as long as a beat."""

        async def fetchval(self, statement: str, process: UUID) -> int | None:
            async with database.transaction() as session:
                connection = await session.connection()
                known: int | None = (await connection.exec_driver_sql(statement, (process,))).scalar_one_or_none()
            await beat.beat()
            return known

    for _ in range(2):  # the first of all, and another
        assert await beat._is_there(Slow())
    assert await counted(database) == 2
    await database.close()


@pytest.mark.parametrize(
    "error",
    [
        InterfaceError("connection is closed"),
        ConnectionDoesNotExistError("closed"),
        InternalClientError("another operation is in progress"),
    ],
)
async def test_a_connection_that_breaks_while_it_is_made_ready_is_a_database_that_is_away(
    world: World, error: Exception
) -> None:
    """The driver says so in its own words, which nothing wraps there."""
    database = Database(await world.databases.database("broken"))

    def break_off(*_: object) -> None:
        raise error

    event.listen(database.engine.sync_engine, "connect", break_off)
    assert not await answers(database)
    event.remove(database.engine.sync_engine, "connect", break_off)
    async with database.transaction() as session:
        assert (await session.execute(text("SELECT 1"))).scalar_one() == 1
    await database.close()
