"""Names and words in one spelling, whichever way they come in; a person may have one name only."""

import json
from typing import Any

import httpx
from contracts import topics
from contracts.events.union_events import MeetingScheduled

from tests.members.import_requests import one
from tests.members.sample_members import joined
from tests.members.service import Running
from tests.support.world import World


async def post(members: Running, event_id: str, kind: str, data: dict[str, Any]) -> httpx.Response:
    event = {"specversion": "1.0", "id": event_id, "source": "names", "type": kind, "data": data}
    headers = {"content-type": "application/cloudevents+json"}
    return await members.http.post("/events", content=json.dumps(event), headers=headers)


async def test_a_form_is_stored_composed_and_without_what_nobody_sees(members: Running) -> None:
    place = {"body": "leeds", "job": "infirmie\u0300re ", "employer": "Mu\u0308nster\u200b", "unit": "e\u0301quipe  A"}
    ann = await joined(members, "N1", given_name="Rene\u0301\u200b", memberships=[place])
    assert ann["given_name"] == "Ren\u00e9"
    kept = ann["memberships"][0]
    assert (kept["job"], kept["employer"], kept["unit"]) == ("infirmi\u00e8re", "M\u00fcnster", "\u00e9quipe A")


async def test_a_body_is_stored_composed(members: Running) -> None:
    given = {"kind": "branch", "name": "Mo\u0302n ", "parent": "north"}
    assert (await members.http.put("/bodies/mon", json=given)).json()["name"] == "M\u00f4n"


async def test_a_posted_event_is_stored_and_passed_on_composed(members: Running, world: World) -> None:
    person = {"membership_number": "N2", "given_name": "Zoe\u0308", "family_name": "Lee", "branch": "leeds"}
    assert (await post(members, "n1", "member.joined.v1", person | {"job": "caissie\u0300re"})).status_code == 202
    member = await one(members, "N2")
    assert (member["given_name"], member["memberships"][0]["job"]) == ("Zo\u00eb", "caissi\u00e8re")
    meeting = {"meeting_id": "n", "body": "leeds", "title": "Re\u0301union", "starts_at": "2026-12-01T18:00:00Z"}
    assert (await post(members, "n2", "meeting.scheduled.v1", meeting)).status_code == 202
    (received,) = await world.received(topics.UNION_EVENTS, 1)
    assert isinstance(received.event, MeetingScheduled)
    assert received.event.title == "R\u00e9union"


async def test_a_person_with_one_name_is_a_member_and_stays_one(members: Running) -> None:
    ann = await joined(members, "N3", given_name="Suharto", family_name="")
    assert (ann["given_name"], ann["family_name"]) == ("Suharto", "")
    person = {"membership_number": "N4", "given_name": "", "family_name": "Suharto", "branch": "leeds"}
    assert (await post(members, "n3", "member.joined.v1", person)).status_code == 202
    assert (await one(members, "N4"))["family_name"] == "Suharto"


async def test_nobody_is_without_any_name(members: Running) -> None:
    person = {"membership_number": "N5", "given_name": "\u200b", "family_name": "", "branch": "leeds"}
    nameless = await post(members, "n5", "member.joined.v1", person)
    assert (nameless.status_code, nameless.json()["errors"][0]["field"]) == (422, "data.given_name")
    await joined(members, "N6", given_name="Ann", family_name="")
    change = {"membership_number": "N6", "given_name": ""}
    renamed = await post(members, "n6", "member.details-changed.v1", change)
    assert (renamed.status_code, renamed.json()["errors"][0]["field"]) == (422, "data.given_name")


async def test_a_number_of_a_spreadsheet_is_read_in_a_form_too(members: Running) -> None:
    points = [{"channel": "sms", "address": "+447400123456.0"}]
    ann = await joined(members, "N7", contact_points=points)
    assert [point["address"] for point in ann["contact_points"]] == ["+447400123456"]
