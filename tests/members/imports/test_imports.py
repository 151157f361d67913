"""The roll over REST: a check changes no member, applying is repeatable and never undoes a STOP."""

import asyncio
import secrets
import string
from typing import Any
from uuid import UUID, uuid4

import pytest
from contracts import topics
from contracts.events.members import MemberChanged
from contracts.events.replies import ReplyReceived
from members.domain.imports.columns import READERS

from tests.members.import_requests import CSV, apply, check, found, imported, lines, one
from tests.members.roll_files import many, person, roll
from tests.members.service import Running
from tests.support.facts import eventually
from tests.support.world import World

CONSENT = {"consent_sms": "campaign;survey", "consent_wording": "2026-01", "consent_at": "2026-01-05"}


def counts(report: dict[str, Any]) -> dict[str, int]:
    return {name: report[name] for name in ("rows", "people", "new", "changed", "unchanged", "rejected")}


async def test_the_first_step_says_what_would_happen_and_writes_nothing_to_members(members: Running) -> None:
    rows = [person("I1"), person("I1"), person("I2", mobile="12"), person("I3", branch="york")]
    report = await check(members, roll(rows))
    assert counts(report) == {"rows": 4, "people": 2, "new": 2, "changed": 0, "unchanged": 0, "rejected": 2}
    assert (report["state"], report["applied"]) == ("checked", None)
    assert await found(members, "I1") == []
    again = (await members.http.get(f"/imports/{report['import_id']}")).json()
    assert again == report


async def test_rejected_rows_come_back_with_row_column_reason_and_as_they_were(members: Running) -> None:
    report = await check(members, roll([person("I4"), person("I4"), person("I5", mobile="12", job="tutor")]))
    back = await lines(members, f"/imports/{report['import_id']}/rejected.csv")
    assert [(line["row"], line["column"], line["reason"]) for line in back] == [
        ("3", "membership_number", "the same as row 2"),
        ("4", "mobile", "is not a valid telephone number"),
    ]
    assert {name: back[1][name] for name in READERS} == dict.fromkeys(READERS, "") | person(
        "I5", mobile="12", job="tutor"
    )


async def test_rejected_rows_run_nothing_in_a_spreadsheet_and_are_read_again_as_they_were(members: Running) -> None:
    """The officer corrects the branch in the file and sends the whole file back."""
    cells = {"given_name": "=1+1", "mobile": "+44 7400 123456", "job": "-", "employer": "a;@b", "branch": "atlantis"}
    report = await check(members, roll([person("I8", **cells)]))
    url = f"/imports/{report['import_id']}/rejected.csv"
    (back,) = await lines(members, url)
    assert [back[name] for name in cells] == ["'=1+1", "'+44 7400 123456", "'-", "a;'@b", "atlantis"]
    corrected = (await members.http.get(url)).text.replace("atlantis", "leeds")
    await apply(members, (await check(members, corrected.encode()))["import_id"])
    member = await one(members, "I8")
    place = member["memberships"][0]
    assert (member["given_name"], place["job"], place["employer"]) == ("=1+1", "-", "a;@b")
    assert [point["address"] for point in member["contact_points"]] == ["+447400123456"]


async def test_a_huge_number_is_a_row_rejected_like_any_other(members: Running) -> None:
    """Longer than an index entry of the database may be, and not compressible."""
    huge = "".join(secrets.choice(string.ascii_letters) for _ in range(50_000))
    report = await check(members, roll([person(huge), person("I6")]))
    assert counts(report) == {"rows": 2, "people": 1, "new": 1, "changed": 0, "unchanged": 0, "rejected": 1}
    (back,) = await lines(members, f"/imports/{report['import_id']}/rejected.csv")
    assert (back["row"], back["column"], back["membership_number"]) == ("2", "membership_number", huge)
    assert back["reason"] == "is not 1 to 40 letters, digits or . _ / -"


async def test_the_second_step_puts_people_in_whole_and_repeating_it_changes_nothing(
    members: Running, world: World
) -> None:
    rows = [
        person("J1", mobile="07400 123456", job="lecturer", **CONSENT),
        person("J1", branch="york", email="j1@example.org"),
        person("J2", phone="020 7946 0018", interests="climate;disabled-members"),
    ]
    report = await check(members, roll(rows))
    done = await apply(members, report["import_id"])
    assert {name: done["applied"][name] for name in ("new", "changed", "unchanged", "rejected")} == {
        "new": 2,
        "changed": 0,
        "unchanged": 0,
        "rejected": 0,
    }
    assert await apply(members, report["import_id"]) == done
    ann = await one(members, "J1")
    assert (ann["version"], [place["body"] for place in ann["memberships"]]) == (1, ["leeds", "york"])
    events = await world.received(
        topics.MEMBERS,
        lambda events: any(str(getattr(item.event, "member_id", "")) == ann["member_id"] for item in events),
    )
    (snapshot,) = [item.event for item in events if str(getattr(item.event, "member_id", "")) == ann["member_id"]]
    assert isinstance(snapshot, MemberChanged)
    assert {point.address for point in snapshot.contact_points} == {"+447400123456", "j1@example.org"}
    same = await check(members, roll(rows))
    assert counts(same) == {"rows": 3, "people": 2, "new": 0, "changed": 0, "unchanged": 2, "rejected": 0}
    await apply(members, same["import_id"])
    assert (await one(members, "J1"))["version"] == 1


async def test_a_blank_cell_removes_nothing_and_a_filled_one_replaces_its_own(members: Running) -> None:
    await imported(members, person("K1", mobile="07400 123456", email="k1@example.org", job="tutor", language="cy"))
    await imported(members, person("K1", mobile="07400 123457"))
    ann = await one(members, "K1")
    assert {point["label"]: point["address"] for point in ann["contact_points"]} == {
        "mobile": "+447400123457",
        "email": "k1@example.org",
    }
    assert (ann["language"], ann["memberships"][0]["job"], ann["version"]) == ("cy", "tutor", 2)


async def test_leavers_are_reported_by_branch_and_never_removed(members: Running) -> None:
    await members.http.put("/bodies/hull", json={"kind": "branch", "name": "Hull", "parent": "north"})
    await imported(members, person("L1", branch="hull"), person("L2", branch="hull"), person("L3", branch="hull"))
    report = await check(members, roll([person("L1", branch="hull"), person("L3", branch="hull", mobile="12")]))
    gone = await lines(members, f"/imports/{report['import_id']}/leavers.csv")
    assert [(line["membership_number"], line["branch"]) for line in gone] == [("L2", "hull")]
    await apply(members, report["import_id"])
    assert (await one(members, "L2"))["status"] == "active"


async def test_a_roll_never_undoes_a_stop_that_is_later_than_its_evidence(members: Running, world: World) -> None:
    await imported(members, person("S1", mobile="07400 123456", **CONSENT))
    ann = await one(members, "S1")
    stop = ReplyReceived(
        reply_id=uuid4(),
        channel="sms",
        address_hash="0",
        member_id=UUID(ann["member_id"]),
        text="STOP",
        intent="stop",
        received_at=members.clock.now(),
    )
    await world.publish(topics.REPLIES, ann["member_id"], stop)
    await eventually(lambda: one(members, "S1"), until=lambda member: member["version"] == 2)
    report = await imported(members, person("S1", mobile="07400 123456", consent_email="yes", **CONSENT))
    assert report["applied"]["changed"] == 1
    granted = {(word["channel"], word["purpose"]) for word in (await one(members, "S1"))["consents"] if word["granted"]}
    assert granted == {
        ("email", purpose) for purpose in ("service", "campaign", "ballot_notice", "survey", "emergency")
    }


async def test_leavers_and_the_dead_do_not_come_back_by_an_old_roll(members: Running) -> None:
    await imported(members, person("T1", joined="2019-09-01"), person("T2"))
    staged = await check(members, roll([person("T1", joined="2019-09-01"), person("T2"), person("T3")]))
    for number, status in (("T1", "left"), ("T2", "deceased")):
        member = await one(members, number)
        url = f"/members/{member['member_id']}"
        assert (await members.http.patch(url, json={"status": status}, headers={"If-Match": "*"})).status_code == 200
    done = await apply(members, staged["import_id"])
    assert (done["applied"]["new"], done["applied"]["rejected"]) == (1, 2)
    back = await lines(members, f"/imports/{staged['import_id']}/rejected.csv")
    assert [(line["row"], line["column"]) for line in back] == [("2", "joined"), ("3", "membership_number")]
    assert [(await one(members, number))["status"] for number in ("T1", "T2", "T3")] == ["left", "deceased", "active"]


async def test_two_imports_of_the_same_people_at_once_make_each_of_them_once(members: Running) -> None:
    rows = [person(f"U{number}") for number in range(50)]
    staged = [await check(members, roll([*rows[place:], *rows[:place]])) for place in range(3)]
    done = await asyncio.gather(*(apply(members, each["import_id"]) for each in [*staged, *staged]))
    assert sum(done[index]["applied"]["new"] for index in range(3)) == 50
    assert sum(done[index]["applied"]["unchanged"] for index in range(3)) == 100


async def test_a_roll_from_nobody_is_refused_before_it_is_read(members: Running) -> None:
    reader, writer = await asyncio.open_connection(members.http.base_url.host, members.http.base_url.port)
    head = f"POST /imports HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: {10 * 2**20}\r\n\r\n"
    writer.write(head.encode() + b"membership_number,")
    async with asyncio.timeout(10):
        assert b" 401 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize(
    ("data", "headers", "status", "field"),
    [
        (b"", CSV, 422, "body"),
        (b"a,b\n1,2\n", CSV, 422, "header.a"),
        (b"\xff\xfea", CSV, 422, "body"),
        (b"{}", {"content-type": "application/json"}, 422, "content-type"),
    ],
)
async def test_a_file_that_cannot_be_read_is_a_problem(
    members: Running, data: bytes, headers: dict[str, str], status: int, field: str
) -> None:
    answer = await members.http.post("/imports", content=data, headers=headers)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["field"] == field


async def test_a_large_roll_is_put_in_and_told_a_thousand_at_a_time(members: Running, world: World) -> None:
    """Six chunks, the last one short. The demo does it with the 27,000 of a whole union."""
    for number in range(12):
        given = {"kind": "branch", "name": f"Branch {number}", "parent": "north"}
        assert (await members.http.put(f"/bodies/b{number:02d}", json=given)).status_code == 201
    done = await apply(members, (await check(members, many(5_500, 12)))["import_id"])
    raw = await world.raw(topics.MEMBERS, 5_500)
    assert done["applied"]["new"] == 5_500
    assert len({record.key for record in raw}) >= 5_500
