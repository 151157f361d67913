"""What a real server keeps of rows that are gone, and what the sweep leaves of it."""

import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from chassis.erasure import tables, wal
from chassis.erasure.residue import ReportLine
from local_stack.postgres import PostgresServer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

WORD = "Zerubbabella"
TABLES = ("people", "parts")
_SCHEMA = (
    "CREATE TABLE people (id integer PRIMARY KEY, name text)",
    "CREATE INDEX ON people (name)",
    "CREATE TABLE parts (month integer, name text) PARTITION BY LIST (month)",
    "CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1)",
)
_PEOPLE = f"INSERT INTO people SELECT n, '{WORD}' || n FROM generate_series(1, 20) AS n"
_PARTS = f"INSERT INTO parts SELECT 1, '{WORD}' || n FROM generate_series(1, 20) AS n"


@dataclass
class Place:
    """A server with a database of people."""

    root: Path
    url: str
    connection: AsyncConnection

    async def run(self, *statements: str) -> None:
        for statement in statements:
            await self.connection.execute(text(statement))

    def parts(self) -> set[str]:
        """In which of the server's folders the word stands."""
        return {path.relative_to(self.root).parts[0] for path in self.root.rglob("*") if self._holds(path)}

    @staticmethod
    def _holds(path: Path) -> bool:
        with suppress(FileNotFoundError):  # the server runs: what was listed may be gone
            return path.is_file() and WORD.encode() in path.read_bytes()
        return False

    async def estimated(self) -> bool:
        """Whether the planner's statistics hold the word."""
        query = "SELECT count(*) FROM pg_stats WHERE CAST(histogram_bounds AS text) LIKE :word"
        return bool(await self.connection.scalar(text(query), {"word": f"%{WORD}%"}))

    async def rewritten(self, wait: float = 5.0) -> list[ReportLine]:
        return [line async for line in tables.rewrite(self.connection, TABLES, wait=wait)]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    server = PostgresServer(tmp_path / "postgres", secrets.token_hex(16), tmp_path / "log")
    await server.start()
    url = await server.database("people")
    engine = create_async_engine(url)
    async with engine.connect() as raw:
        place = Place(tmp_path / "postgres" / "data", url, await raw.execution_options(isolation_level="AUTOCOMMIT"))
        await place.run(*_SCHEMA, _PEOPLE, _PARTS, "ANALYZE", "CHECKPOINT")
        yield place
    await engine.dispose()
    await server.stop()


async def test_a_deleted_name_stays_after_a_vacuum_and_goes_with_the_sweep(place: Place) -> None:
    await place.run("DELETE FROM people WHERE id > 3", "UPDATE people SET name = 'x'", "DELETE FROM parts")
    assert [line.left async for line in tables.freshen(place.connection, TABLES)] == ["", ""]
    await place.run("CHECKPOINT")
    assert place.parts() == {"base", "pg_wal"}
    assert await place.estimated()
    lines = await place.rewritten()
    assert [(line.name, line.left) for line in lines] == [("part_1", ""), ("people", ""), ("pg_statistic", "")]
    assert not await place.estimated()
    assert [line.left for line in await wal.forget(place.connection)] == [""]
    assert place.parts() == set()


async def test_segments_that_were_renamed_for_later_are_written_over(place: Place) -> None:
    for _ in range(3):
        await place.run(f"SELECT pg_logical_emit_message(false, 'x', '{WORD}')", "SELECT pg_switch_wal()")
    await place.run("DELETE FROM people", "DELETE FROM parts", "CHECKPOINT")
    await place.rewritten()
    assert place.parts() == {"pg_wal"}
    await wal.forget(place.connection)
    assert place.parts() == set()


async def test_a_transaction_that_still_sees_the_name_is_waited_for_and_named(place: Place) -> None:
    engine = create_async_engine(place.url)
    async with engine.connect() as other:
        await other.execution_options(isolation_level="REPEATABLE READ")
        await other.execute(text("SELECT 1"))
        await place.run("DELETE FROM people", "DELETE FROM parts")
        (line,) = await place.rewritten(wait=0.3)
        assert "open transaction" in line.left
    await engine.dispose()
    assert [line.left for line in await place.rewritten()] == ["", "", ""]


async def test_a_slot_that_holds_the_log_is_named(place: Place) -> None:
    await place.run("SELECT pg_create_physical_replication_slot('backup', true)")
    (line,) = await wal.forget(place.connection)
    assert line.left.endswith("held by replication slots: backup")
    await place.run("SELECT pg_drop_replication_slot('backup')")
    (line,) = await wal.forget(place.connection)
    assert line.left == ""


async def test_a_role_that_may_not_is_told_so(place: Place) -> None:
    await place.run("CREATE ROLE clerk LOGIN PASSWORD 'clerk'", "GRANT pg_read_all_stats TO clerk")
    engine = create_async_engine(place.url.replace(place.url.split("@")[0], "postgresql+asyncpg://clerk:clerk"))
    async with engine.connect() as raw:
        connection = await raw.execution_options(isolation_level="AUTOCOMMIT")
        (line,) = await wal.forget(connection)
        assert "superuser" in line.left
        lines = [line async for line in tables.rewrite(connection, ["people"], wait=5)]
        assert {line.left for line in lines} == {"the role of DATABASE_URL does not own it"}
    await engine.dispose()
