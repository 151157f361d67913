"""A roll is stored as it comes, read piece by piece in the background, and found again when it is sent again."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as some
from members.domain.imports.csv_file import read_layout, read_window
from members.repository.imports.uploads import PIECE
from sqlalchemy import text

from tests.members.import_requests import CSV, apply, check, found, lines, read, upload
from tests.members.roll_files import many, person, roll
from tests.members.service import Running


async def ids(members: Running, **given: Any) -> list[str]:
    page = (await members.http.get("/imports", params=given)).json()
    return [each["import_id"] for each in page["imports"]]


async def test_the_same_upload_under_one_key_stages_one_import(members: Running) -> None:
    sent = [upload(members, roll([person("R1")]), **{"idempotency-key": "roll-1"}) for _ in range(3)]
    answers = await asyncio.gather(*sent)
    (import_id,) = {answer["import_id"] for answer in answers}
    await apply(members, (await read(members, import_id))["import_id"])
    again = await upload(members, roll([person("R1")]), **{"idempotency-key": "roll-1"})
    assert (again["import_id"], again["state"]) == (import_id, "applied")
    assert (await ids(members)).count(import_id) == 1
    other = await upload(members, roll([person("R1")]), **{"idempotency-key": "roll-2"})
    assert other["import_id"] != import_id


async def test_the_same_file_without_a_key_is_staged_again_only_once_it_was_applied(members: Running) -> None:
    first, second = [await check(members, roll([person("R5")])) for _ in range(2)]
    assert first == second
    await apply(members, first["import_id"])
    assert (await check(members, roll([person("R5")])))["import_id"] != first["import_id"]


async def test_another_file_under_the_same_key_is_refused(members: Running) -> None:
    await upload(members, roll([person("R2")]), **{"idempotency-key": "roll-3"})
    headers = CSV | {"idempotency-key": "roll-3"}
    answer = await members.http.post("/imports", content=roll([person("R3")]), headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "idempotency-key")


async def test_a_file_over_the_limit_is_refused_while_it_comes_and_nothing_of_it_is_kept(members: Running) -> None:
    answer = await members.http.post("/imports", content=b"a\n" * 2**21 + b"a", headers=CSV)
    assert answer.status_code == 413
    assert members.application.database is not None
    async with members.application.database.transaction() as session:
        left = await session.execute(text("SELECT count(*) FROM imports WHERE state = 'receiving'"))
        assert left.scalar_one() == 0


async def test_imports_are_listed_the_latest_first_by_pages(members: Running) -> None:
    made = [(await check(members, roll([person(f"R4-{number}")])))["import_id"] for number in range(3)]
    latest = await ids(members, limit=2)
    assert latest == made[:0:-1]
    assert (await ids(members, after=latest[-1], limit=1)) == made[:1]
    first = (await members.http.get("/imports", params={"limit": 1})).json()["imports"][0]
    assert first == (await members.http.get(f"/imports/{made[-1]}")).json()


async def test_a_fault_far_in_the_file_fails_it_and_keeps_nothing(members: Running) -> None:
    data = many(2_000, 12) + roll([person("R6", given_name='"open')]).partition(b"\r\n")[2]
    report = await read(members, (await upload(members, data))["import_id"])
    assert (report["state"], report["fault"]["field"]) == ("failed", "line 2002")
    assert await kept(members, report["import_id"]) == 0
    assert (await members.http.post(f"/imports/{report['import_id']}/apply")).status_code == 409


async def test_a_cancelled_import_keeps_nothing_and_is_not_applied(members: Running) -> None:
    report = await check(members, roll([person("R7"), person("R8", mobile="12")]))
    url = f"/imports/{report['import_id']}"
    assert (await members.http.post(f"{url}/cancel")).json()["state"] == "cancelled"
    assert await kept(members, report["import_id"]) == 0
    assert (await members.http.post(f"{url}/apply")).status_code == 409
    assert await found(members, "R7") == []


async def test_an_applied_import_is_not_cancelled(members: Running) -> None:
    report = await check(members, roll([person("R9")]))
    await apply(members, report["import_id"])
    assert (await members.http.post(f"/imports/{report['import_id']}/cancel")).status_code == 409


async def kept(members: Running, import_id: str) -> int:
    """Rows that the import holds besides its report."""
    assert members.application.database is not None
    tables = ("import_pieces", "import_people", "import_rejections", "import_leavers", "import_withdrawals")
    counts = " + ".join(f"(SELECT count(*) FROM {table} WHERE import_id = :id)" for table in tables)
    async with members.application.database.transaction() as session:
        return int((await session.execute(text(f"SELECT {counts}"), {"id": UUID(import_id)})).scalar_one())


async def test_a_person_whose_rows_lie_far_apart_is_one_person(members: Running) -> None:
    """Their rows are read in two pieces of the file."""
    twice = [person("R10", mobile="07400 123456"), person("R10", branch="york", email="r10@example.org")]
    repeated = person("R10", mobile="07400 123456")
    data = roll([twice[0]]) + b"".join(
        part.partition(b"\r\n")[2] for part in (many(4_000, 12), roll([twice[1], repeated]))
    )
    assert len(data) > 1.2 * PIECE
    report = await check(members, data)
    back = await lines(members, f"/imports/{report['import_id']}/rejected.csv")
    assert [line["reason"] for line in back if line["membership_number"] == "R10"] == ["the same as row 2"]
    await apply(members, report["import_id"])
    (member,) = await found(members, "R10")
    assert [place["body"] for place in member["memberships"]] == ["leeds", "york"]
    assert {point["label"] for point in member["contact_points"]} == {"mobile", "email"}


@given(some.integers(min_value=60, max_value=200), some.sampled_from(["\n", "\r\n", "\r"]))
def test_whatever_the_pieces_are_the_rows_are_the_same(size: int, end: str) -> None:
    body = ['1,"Ann, ""A""",Lee,leeds', '2,"Zo\u00eb\nB",Lee,leeds', "", "3,\u845b\U000e0100,Lee,leeds"]
    data = end.join(["\ufeffmembership_number,given_name,family_name,branch", *body, ""]).encode()
    layout = read_layout(data, whole=True)
    whole = read_window(data[layout.offset :], layout, last=True)
    rows = []
    while layout.offset < len(data):
        window = read_window(data[layout.offset : layout.offset + size], layout, last=layout.offset + size >= len(data))
        rows += window.rows
        layout = replace(layout, offset=layout.offset + window.size, line=window.line)
    assert [number for number, _ in rows] == [2, 3, 6]
    assert rows == whole.rows
