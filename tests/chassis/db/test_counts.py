"""Counts that move with the rows they count."""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from chassis.db.counts import adding_up, counts_of
from chassis.db.database import Database
from sqlalchemy import Column, Integer, MetaData, Table, Text, text

from tests.support.world import World

metadata = MetaData()
letters = Table(
    "letters",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("campaign", Text, nullable=False),
    Column("branch", Text),
    Column("state", Text, nullable=False),
)
letter_counts = counts_of(letters, "letter_counts", ("campaign", "branch", "state"))
Counts = dict[tuple[str, str | None, str], int]


@pytest.fixture
async def database(world: World) -> AsyncIterator[Database]:
    database = Database(await world.databases.database(f"counts_{uuid.uuid4().hex[:8]}"))
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield database
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
    await database.close()


async def run(database: Database, statement: str, **values: object) -> None:
    async with database.transaction() as session:
        await session.execute(text(statement), values)


async def counted(database: Database) -> tuple[Counts, Counts]:
    """What the counts say, and what is there, in one moment."""
    said: Counts = {}
    async with database.transaction() as session:
        await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        sums = "SELECT campaign, branch, state, CAST(sum(number) AS int) FROM letter_counts GROUP BY 1, 2, 3"
        said = {(row[0], row[1], row[2]): row[3] for row in await session.execute(text(sums)) if row[3]}
        rows = await session.execute(text("SELECT campaign, branch, state FROM letters"))
        there = Counter((row[0], row[1], row[2]) for row in rows)
    return said, dict(there)


async def moves(database: Database, writer: int) -> None:
    """What one of several writers does at once, in no order; some of it is rolled back."""
    chance = random.Random(writer)
    insert = """INSERT INTO letters SELECT :start + g, 'c' || g % 2, nullif('b' || g % 3, 'b2'), 'requested'
        FROM generate_series(1, 30) g ON CONFLICT (number) DO UPDATE SET state = 'again'"""
    for round_ in range(12):
        await run(database, insert, start=chance.choice([writer * 100, 0]))
        low = chance.randrange(200)
        some = "number IN (SELECT number FROM letters WHERE number > :low ORDER BY number LIMIT 20 FOR UPDATE)"
        state = chance.choice(["sending", "accepted", "again"])
        try:
            async with database.transaction() as session:
                await session.execute(
                    text(f"UPDATE letters SET state = :state WHERE {some}"), {"state": state, "low": low}
                )
                if round_ % 4 == 0:
                    await session.execute(text(f"DELETE FROM letters WHERE {some}"), {"low": low})
                if round_ % 5 == 0:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            pass


async def test_counts_are_what_is_there_at_every_moment(database: Database) -> None:
    """Several writers and two replicas that add up: no count is lost, none is taken twice, nobody deadlocks."""
    add_up = adding_up(database, letter_counts)
    writers = [asyncio.create_task(moves(database, writer)) for writer in range(1, 4)]
    while not all(writer.done() for writer in writers):
        await asyncio.gather(add_up(), add_up())
        said, there = await counted(database)
        assert said == there
    await asyncio.gather(*writers)
    said, there = await counted(database)
    assert said == there != {}


async def test_notes_are_added_up_once_there_are_many(database: Database) -> None:
    for number in range(300):
        await run(database, "INSERT INTO letters VALUES (:number, 'c', NULL, 'requested')", number=number)
    await run(database, "UPDATE letters SET state = 'sending'")
    before, _ = await counted(database)
    await adding_up(database, letter_counts)()
    async with database.transaction() as session:
        rows = (await session.execute(text("SELECT state, number, note FROM letter_counts"))).all()
    assert [tuple(row) for row in rows] == [("sending", 300, False)]
    assert (await counted(database))[0] == before


async def test_nothing_stays_of_what_is_gone(database: Database) -> None:
    await run(database, "INSERT INTO letters VALUES (1, 'c', 'b', 'requested'), (2, 'c', 'b', 'sending')")
    await adding_up(database, letter_counts)()
    await run(database, "DELETE FROM letters")
    await adding_up(database, letter_counts)()
    async with database.transaction() as session:
        assert (await session.execute(text("SELECT 1 FROM letter_counts"))).all() == []
