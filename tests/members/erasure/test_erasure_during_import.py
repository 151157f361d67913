"""An erasure while a roll is checked or applied: the roll does not bring them back, and keeps nothing of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from members.domain.restore import Difference, TopicState
from members.service.change_writer import ChangeWriter
from members.service.restore import TopicAudit

from tests.members.import_requests import CSV, apply, check, found, imported, lines, one, read, upload
from tests.members.roll_files import many, person, roll
from tests.members.service import Running
from tests.support.facts import eventually

HELD = 99_001
"""An advisory lock of these tests alone."""
WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ~ $1
"""


@asynccontextmanager
async def halting(members: Running, table: str, *, first: str = "") -> AsyncIterator[asyncpg.Connection]:
    """A transaction that adds a row to the table does `first` and then waits, still open, until this ends."""
    async with members.connected() as connection:
        await connection.execute(
            f"CREATE FUNCTION halt() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {first} PERFORM pg_advisory_xact_lock({HELD}); RETURN NULL; END $$;"
            f"CREATE TRIGGER halt AFTER INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION halt()"
        )
        await connection.execute(f"SELECT pg_advisory_lock({HELD})")
        try:
            yield connection
        finally:
            await connection.execute(f"SELECT pg_advisory_unlock({HELD})")
            await connection.execute(f"DROP TRIGGER halt ON {table}; DROP FUNCTION halt")


async def waits(connection: asyncpg.Connection, statement: str) -> None:
    """Until a session waits in a statement like this."""
    await eventually(partial(connection.fetchval, WAITING, statement))


async def erased(members: Running, member_id: str) -> None:
    answer = await members.http.delete(f"/members/{member_id}")
    assert answer.status_code == 204, answer.text


async def mended(members: Running, member_id: str) -> None:
    """The erasure that a restored database repeats from the topic."""
    assert members.application.database is not None
    audit = TopicAudit(members.application.database, ChangeWriter(members.settings, members.clock))
    states = {UUID(member_id): TopicState(UUID(member_id), 2, None, "erasure")}
    done = await audit.repair(states, {Difference.RESURRECTED: [UUID(member_id)]}, erase_unknown=False)
    assert done == {Difference.RESURRECTED: 1}


Erasing = Callable[[Running, str], Coroutine[Any, Any, None]]


async def assert_gone(members: Running, number: str, name: str, report: dict[str, Any]) -> None:
    """The person is not a member after the roll is applied, and no roll holds them."""
    async with members.connected() as connection:
        for table in ("import_people", "import_rejections"):
            assert await connection.fetchval(f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%{name}%'") == 0
    await apply(members, report["import_id"])
    assert await found(members, number) == []


REASON = "belonged to somebody who was erased while the roll was checked"


async def test_somebody_erased_while_a_roll_is_sent_does_not_come_back_by_it(members: Running) -> None:
    await imported(members, person("X1"), person("X2"))
    gone = (await one(members, "X1"))["member_id"]
    rows = [person("X1", given_name="Ermintrude"), person("X1", given_name="Ermintrude", mobile="12"), person("X2")]

    async def sent() -> AsyncIterator[bytes]:
        yield roll(rows)
        async with members.connected() as connection:
            await eventually(partial(connection.fetchval, "SELECT count(*) FROM imports WHERE state = 'receiving'"))
        await erased(members, gone)

    answer = await members.http.post("/imports", content=sent(), headers=CSV)
    report = await read(members, answer.json()["import_id"])
    assert (report["people"], report["changed"], report["unchanged"], report["rejected"]) == (1, 0, 1, 2)
    back = await lines(members, f"/imports/{report['import_id']}/rejected.csv")
    assert [(line["row"], line["column"], line["reason"]) for line in back] == [
        ("2", "membership_number", REASON),
        ("3", "membership_number", REASON),
    ]
    await assert_gone(members, "X1", "Ermintrude", report)
    assert (await one(members, "X2"))["version"] == 1


async def test_somebody_erased_between_two_pieces_of_a_roll_does_not_come_back_by_it(members: Running) -> None:
    """Their first row is staged already, their second not read yet. The rows in between are of no known branch."""
    await imported(members, person("Y1"))
    gone = (await one(members, "Y1"))["member_id"]
    data = roll([person("Y1", given_name="Dylan")])
    for more in (many(3_000, 12), roll([person("Y1", given_name="Dylan", branch="york")])):
        data += more.partition(b"\r\n")[2]
    async with halting(members, "import_rejections") as connection:
        sent = await upload(members, data)
        await waits(connection, "INSERT INTO import_rejections")
        erasing = asyncio.create_task(erased(members, gone))
        await waits(connection, "pg_advisory_xact_lock")
    await erasing
    report = await read(members, sent["import_id"])
    assert (report["people"], report["rejected"]) == (0, 3_002)
    back = await lines(members, f"/imports/{report['import_id']}/rejected.csv")
    assert [line["row"] for line in back if line["reason"] == REASON] == ["2", "3003"]
    await assert_gone(members, "Y1", "Dylan", report)


async def test_somebody_who_is_just_being_erased_is_no_leaver_and_does_not_fail_the_check(members: Running) -> None:
    await imported(members, person("V1"), person("V2"))
    gone = (await one(members, "V1"))["member_id"]
    async with members.connected() as connection, connection.transaction():
        await connection.execute("DELETE FROM members WHERE member_id = $1", UUID(gone))
        sent = await upload(members, roll([person("V2", job="tutor")]))
        async with members.connected() as other:
            await waits(other, "INSERT INTO import_leavers")
    report = await read(members, sent["import_id"])
    assert report["state"] == "checked"
    assert gone not in {line["member_id"] for line in await lines(members, f"/imports/{sent['import_id']}/leavers.csv")}


async def test_an_erasure_does_not_wait_for_the_end_of_a_check(members: Running) -> None:
    await imported(members, person("W1"), person("W2"))
    gone = (await one(members, "W1"))["member_id"]
    async with halting(members, "import_leavers") as connection:
        sent = await upload(members, roll([person("W1", given_name="Wilhelmina")]))
        await waits(connection, "INSERT INTO import_leavers")
        await erased(members, gone)
    report = await read(members, sent["import_id"])
    assert report["state"] == "checked"
    await assert_gone(members, "W1", "Wilhelmina", report)


@pytest.mark.parametrize("erasing", [erased, mended])
async def test_somebody_erased_while_a_roll_is_applied_does_not_come_back_by_it(
    members: Running, erasing: Erasing
) -> None:
    number = f"Z-{erasing.__name__}"
    await imported(members, person(number))
    gone = (await one(members, number))["member_id"]
    report = await check(members, roll([person(number, given_name=f"{number}-Brian")]))
    async with halting(members, "erased") as connection:
        doing = asyncio.create_task(erasing(members, gone))
        await waits(connection, "INSERT INTO erased")
        applying = asyncio.create_task(apply(members, report["import_id"]))
        await waits(connection, "pg_advisory_xact_lock|FOR UPDATE")
    await doing
    await applying
    await assert_gone(members, number, f"{number}-Brian", report)


async def test_somebody_erased_before_a_check_joins_again_by_it_under_a_new_id(members: Running) -> None:
    await imported(members, person("Q1"))
    gone = (await one(members, "Q1"))["member_id"]
    await erased(members, gone)
    report = await imported(members, person("Q1"))
    assert report["applied"]["new"] == 1
    assert (await one(members, "Q1"))["member_id"] != gone
    answer: httpx.Response = await members.http.get(f"/members/{gone}")
    assert answer.status_code == 404
