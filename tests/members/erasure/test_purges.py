"""A purge of many members: a few statements for any number of them, however much the rolls hold."""

import time
from uuid import UUID, uuid4

import pytest
from chassis.db.database import Database
from contracts import topics
from members.service.change_writer import ChangeWriter
from members.service.members import Members

from tests.members.import_requests import check, imported, one
from tests.members.roll_files import person, roll
from tests.members.service import Running
from tests.support.facts import eventually
from tests.support.statements import sent_to
from tests.support.world import World

_LAPSED = """
WITH made AS (
    INSERT INTO members (member_id, version, membership_number, status, given_name, family_name, language, time_zone)
    SELECT gen_random_uuid(), 1, 'LAPSED-' || n, 'left', 'Ann', 'Lee', 'en', 'Europe/London'
    FROM generate_series(1, 50000) AS n RETURNING member_id
), placed AS (
    INSERT INTO memberships (member_id, position, body, valid_from) SELECT member_id, 0, 'leeds', '2019-09-01' FROM made
)
INSERT INTO contact_points (member_id, position, label, channel, address, address_hash, preferred, textable)
SELECT member_id, 0, 'email', 'email', member_id || '@example.org', member_id, false, false FROM made
"""


async def purge(members: Running, *ids: str) -> dict[str, object]:
    answer = await members.http.post("/members/purges", json={"member_ids": ids, "reason": "lapsed"}, timeout=300)
    assert answer.status_code == 200, answer.text
    body: dict[str, object] = answer.json()
    return body


async def ids_of(members: Running, *numbers: str) -> list[str]:
    return [(await one(members, number))["member_id"] for number in numbers]


async def test_a_purge_erases_everybody_named_and_names_those_it_did_not_find(members: Running, world: World) -> None:
    await imported(members, *(person(f"P{number}") for number in range(3)))
    ids, nobody = await ids_of(members, "P0", "P1"), str(uuid4())
    assert await purge(members, *ids, nobody) == {"erased": 2, "unknown": [nobody]}
    assert sorted((await purge(members, *ids))["unknown"]) == sorted(ids)  # type: ignore[call-overload]
    assert [(await members.http.get(f"/members/{each}")).status_code for each in ids] == [404, 404]
    assert (await one(members, "P2"))["version"] == 1

    async def published() -> set[str]:
        raw = await world.raw(topics.MEMBERS)
        return {record.key for record in raw if record.value is not None and b"member.erased" in record.value}

    await eventually(published, until=lambda seen: set(ids) <= seen)


async def test_a_purge_takes_as_many_statements_for_forty_as_for_two(members: Running) -> None:
    await imported(members, *(person(f"Q{number}") for number in range(42)))
    ids = await ids_of(members, *(f"Q{number}" for number in range(42)))
    database, sent = Database(members.settings.database_url), list[list[str]]()
    verbs = Members(database, ChangeWriter(members.settings, members.clock))
    for some in (ids[:2], ids[2:]):
        with sent_to(database) as statements:
            assert await verbs.purge([UUID(each) for each in some], "lapsed") == []
        sent.append([statement for statement, _ in statements if "pg_catalog" not in statement])
    await database.close()
    assert sent[0] == sent[1]


@pytest.mark.long
async def test_fifty_thousand_lapsed_members_are_erased_in_minutes(
    members: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    """With 20,000 rejected rows of a roll to search. Prints how long it takes."""
    await check(members, roll(person(f"X{number}", branch="?") for number in range(20_000)))
    async with members.connected() as connection:
        await connection.execute(_LAPSED)
        query = "SELECT member_id FROM members WHERE membership_number LIKE 'LAPSED-%'"
        ids = [str(UUID(str(row["member_id"]))) for row in await connection.fetch(query)]
        began = time.monotonic()
        for first in range(0, len(ids), 1000):
            await purge(members, *ids[first : first + 1000])
        took = time.monotonic() - began
        with capsys.disabled():
            print(f"\n50,000 members erased in {took:.0f} s")  # noqa: T201 - asked for
        assert await connection.fetchval(f"SELECT count(*) FROM ({query}) AS found") == 0
    assert took < 300
