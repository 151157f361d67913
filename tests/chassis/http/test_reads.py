"""What is asked by GET: read only, of one moment, and not for longer than a read may take."""

import uuid
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from chassis.app import Application
from chassis.db.database import Database
from chassis.http.auth import public
from chassis.http.problems import given
from fastapi import APIRouter, Depends
from sqlalchemy import text

from tests.chassis.small import Settings, create_tables
from tests.support.world import World

router = APIRouter()
Data = Annotated[Database, Depends(given(Database))]


@router.get("/nap")
@router.post("/nap")
@public("a test's own")
async def nap(database: Data) -> None:
    """Has the database take its time."""
    async with database.transaction() as session:
        await session.execute(text("SELECT pg_sleep(0.6)"))


@router.get("/twice")
@public("a test's own")
async def twice(database: Data) -> list[int]:
    """Counts, has another transaction add one, and counts again."""
    seen: list[int] = []
    async with database.transaction() as session:
        for _ in range(2):
            seen.append(int(await session.scalar(text("SELECT count(*) FROM meetings")) or 0))
            async with database.engine.begin() as other:
                await other.execute(text("INSERT INTO meetings VALUES (:name)"), {"name": uuid.uuid4().hex})
    return seen


@router.get("/write")
@router.post("/write")
@public("a test's own")
async def write(database: Data) -> None:
    """Writes, whatever the method."""
    async with database.transaction() as session:
        await session.execute(text("INSERT INTO meetings VALUES (:name)"), {"name": uuid.uuid4().hex})


@pytest.fixture(scope="module")
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    url = await world.databases.database(f"reads_{uuid.uuid4().hex[:8]}")
    await create_tables(url)
    database = Database(url)
    settings = world.settings(Settings, database_url=url, module="small", read_timeout_seconds=0.3)
    application = Application(settings, routers=[router], services={Database: database}, database=database)
    async with application.serving() as address, httpx.AsyncClient(base_url=address, timeout=30) as one:
        yield one


async def test_a_read_that_takes_too_long_is_ended_and_says_so(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nap")
    assert (answer.status_code, answer.json()["title"]) == (503, "Took too long")
    assert "0.3 s" in answer.json()["detail"]
    assert int(answer.headers["Retry-After"]) > 0
    assert (await client.get("/twice")).status_code == 200  # the connection is as good as before


async def test_what_writes_takes_its_time(client: httpx.AsyncClient) -> None:
    assert (await client.post("/nap")).status_code == 200


async def test_a_read_sees_one_moment(client: httpx.AsyncClient) -> None:
    first, second = (await client.get("/twice")).json()
    assert first == second


async def test_a_read_cannot_write(client: httpx.AsyncClient) -> None:
    assert (await client.get("/write")).status_code == 503
    assert (await client.post("/write")).status_code == 200
