"""Intake: the official CloudEvents SDK posts in all three modes; a repeat is one event; a batch is all or nothing."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from contracts import topics
from contracts.event import Received
from contracts.events.members import MemberChanged
from contracts.events.union_events import MeetingScheduled
from members.domain.intake.posted_events import ACCEPTED_TYPES

from tests.members.service import Running
from tests.support.world import World

BATCH = {"content-type": "application/cloudevents-batch+json"}
ONE = {"content-type": "application/cloudevents+json"}
DISPUTE = {"dispute_id": "d1", "body": "leeds", "title": "Pay", "declared_at": "2026-03-01T09:00:00Z"}
BALLOT = {
    "ballot_id": "b1",
    "body": "leeds",
    "papers_sent": 10,
    "papers_returned": 5,
    "declared_at": "2026-03-01T09:00:00Z",
}
HUGE = 123456789012345678901234567890
MEETING = {"meeting_id": "agm", "body": "leeds", "title": "Cyfarfod", "starts_at": "2026-12-01T18:00:00Z"}


def event(event_id: str, kind: str = "meeting.scheduled.v1", data: Any = None, **attributes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "calendar",
        "type": kind,
        "data": data or MEETING,
    } | attributes


async def post(members: Running, *events: dict[str, Any]) -> httpx.Response:
    if len(events) == 1:
        return await members.http.post("/events", content=json.dumps(events[0]), headers=ONE)
    return await members.http.post("/events", content=json.dumps(events), headers=BATCH)


async def meetings(world: World, at_least: int) -> list[Received]:
    return await world.received(topics.UNION_EVENTS, at_least)


async def test_the_official_sdk_posts_in_all_three_modes_and_it_is_one_event(members: Running, world: World) -> None:
    attributes = {
        "id": "sdk-1",
        "source": "https://calendar.example.org/leeds",
        "type": "meeting.scheduled.v1",
        "subject": "agm",
        "time": datetime(2026, 3, 1, 12, tzinfo=UTC),
    }
    made = CloudEvent(attributes, MEETING)
    binary, structured = to_binary_event(made), to_structured_event(made)
    batch = b"[" + JSONFormat().write(made) + b"]"
    answers = [
        await members.http.post("/events", content=binary.body, headers=binary.headers),
        await members.http.post("/events", content=structured.body, headers=structured.headers),
        await members.http.post("/events", content=batch, headers=BATCH),
    ]
    assert [answer.status_code for answer in answers] == [202, 202, 202], [answer.text for answer in answers]
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert [item["id"] for item in answers[0].json()["events"]] == ["sdk-1"]
    await post(members, event("sdk-after"))
    received = await meetings(world, 2)
    assert [item.subject for item in received].count("agm") == 2
    first = received[0].event
    assert isinstance(first, MeetingScheduled)
    assert (first.title, first.body) == ("Cyfarfod", "leeds")


async def test_the_same_id_with_another_content_is_refused_and_nothing_of_its_batch_is_done(members: Running) -> None:
    assert (await post(members, event("twice"))).status_code == 202
    other = await post(
        members,
        event("new-beside-it", "member.joined.v1", joined("E0")),
        event("twice", data=MEETING | {"title": "Other"}),
    )
    assert (other.status_code, [fault["field"] for fault in other.json()["errors"]]) == (422, ["[1].id"])
    assert (await found(members, "E0")) == []


async def test_the_same_event_posted_by_many_at_once_has_one_effect_and_one_answer(members: Running) -> None:
    made = event("at-once", "member.joined.v1", joined("E-AT-ONCE"))
    answers = await asyncio.gather(*(post(members, made) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert len(await found(members, "E-AT-ONCE")) == 1


def joined(number: str, **given: Any) -> dict[str, Any]:
    return {
        "membership_number": number,
        "given_name": "Ann",
        "family_name": "Lee",
        "branch": "leeds",
        "mobile": "07400 123456",
    } | given


async def found(members: Running, number: str) -> list[dict[str, Any]]:
    answer = await members.http.get("/members", params={"membership_number": number})
    members_found: list[dict[str, Any]] = answer.json()["members"]
    return members_found


async def test_the_events_of_a_batch_are_applied_in_order_and_make_one_snapshot(members: Running, world: World) -> None:
    consent = {"channel": "sms", "purposes": ["campaign"], "source": "form", "wording_version": "w1"}
    answer = await post(
        members,
        event("s1", "member.joined.v1", joined("E1", joined="2020-01-01")),
        event(
            "s2", "member.contact-changed.v1", {"membership_number": "E1", "label": "email", "address": "a@b.example"}
        ),
        event("s3", "member.contact-changed.v1", {"membership_number": "E1", "label": "mobile", "address": None}),
        event("s4", "member.consent-given.v1", {"membership_number": "E1", **consent, "at": "2026-01-01T10:00:00Z"}),
        event("s5", "member.interests-changed.v1", {"membership_number": "E1", "added": ["climate", "lgbt-members"]}),
        event("s6", "member.membership-changed.v1", {"membership_number": "E1", "body": "leeds", "job": "tutor"}),
        event("s7", "member.details-changed.v1", {"membership_number": "E1", "language": "cy"}),
    )
    assert answer.status_code == 202, answer.text
    member_id = UUID(answer.json()["events"][0]["member_id"])
    received = await world.received(
        topics.MEMBERS, lambda events: any(getattr(item.event, "member_id", None) == member_id for item in events)
    )
    snapshots = [item.event for item in received if getattr(item.event, "member_id", None) == member_id]
    assert len(snapshots) == 1
    (snapshot,) = snapshots
    assert isinstance(snapshot, MemberChanged)
    assert [(point.channel, point.address) for point in snapshot.contact_points] == [("email", "a@b.example")]
    assert (snapshot.interests, snapshot.language, snapshot.memberships[0].job) == (("climate",), "cy", "tutor")
    (ann,) = await found(members, "E1")
    assert ann["sensitive_interests"] == ["lgbt-members"]
    history = (await members.http.get(f"/members/{member_id}/history")).json()["entries"]
    assert [entry["event"] for entry in history if "event" in entry] == [
        "member.joined.v1",
        "member.contact-changed.v1",
        "member.contact-changed.v1",
        "member.consent-given.v1",
        "member.interests-changed.v1",
        "member.membership-changed.v1",
        "member.details-changed.v1",
    ]


async def test_leaving_one_branch_leaves_the_other_and_leaving_the_last_leaves_the_union(members: Running) -> None:
    await post(members, event("l1", "member.joined.v1", joined("E2")))
    await post(members, event("l2", "member.joined.v1", joined("E2", branch="york")))
    await post(members, event("l3", "member.left.v1", {"membership_number": "E2", "body": "leeds"}))
    (ann,) = await found(members, "E2")
    assert (ann["status"], [place["valid_to"] is None for place in ann["memberships"]]) == ("active", [False, True])
    await post(members, event("l4", "member.left.v1", {"membership_number": "E2", "body": "york"}))
    (ann,) = await found(members, "E2")
    assert ann["status"] == "left"
    stale = await post(members, event("l5", "member.joined.v1", joined("E2", joined="2020-01-01")))
    assert [fault["field"] for fault in stale.json()["errors"]] == ["data.joined"]


async def test_a_member_who_leaves_a_branch_leaves_the_workplace_in_it(members: Running) -> None:
    """Joining with both stores the workplace alone."""
    await members.http.put("/bodies/leeds-college", json={"kind": "workplace", "name": "College", "parent": "leeds"})
    await post(members, event("w1", "member.joined.v1", joined("E9", workplace="leeds-college")))
    gone = await post(members, event("w2", "member.left.v1", {"membership_number": "E9", "body": "leeds"}))
    assert gone.status_code == 202, gone.text
    (ann,) = await found(members, "E9")
    assert ann["status"] == "left"
    elsewhere = await post(members, event("w3", "member.left.v1", {"membership_number": "E9", "body": "york"}))
    assert [fault["field"] for fault in elsewhere.json()["errors"]] == ["data.body"]


async def test_no_later_event_reactivates_a_deceased_member(members: Running) -> None:
    await post(members, event("d1", "member.joined.v1", joined("E3")))
    assert (await post(members, event("d2", "member.died.v1", {"membership_number": "E3"}))).status_code == 202
    (ann,) = await found(members, "E3")
    assert ann["status"] == "deceased"
    assert (await post(members, event("d3", "member.joined.v1", joined("E3")))).status_code == 422


FAULTS: list[tuple[dict[str, Any], str]] = [
    (event("f", data=MEETING | {"colour": "red"}), "data.colour"),
    (event("f", data=MEETING | {"starts_at": "soon"}), "data.starts_at"),
    (event("f", data=MEETING | {"body": "atlantis"}), "data.body"),
    (event("f", data=MEETING | {"title": "a\x00b"}), "data.title"),
    (event("f", data=MEETING | {"place": "a\r\nb"}), "data.place"),
    (event("f", data=MEETING | {"meeting_id": "a\x1bb"}), "data.meeting_id"),
    (event("f", data=MEETING | {"starts_at": "0001-01-01T00:00:00+14:00"}), "data.starts_at"),
    (event("f", "dispute.declared.v1", DISPUTE | {"title": "a\nb"}), "data.title"),
    (event("f", "dispute.declared.v1", DISPUTE | {"employer": "a\x00b"}), "data.employer"),
    (event("f", "dispute.declared.v1", DISPUTE | {"declared_at": "9999-12-31T23:59:59-14:00"}), "data.declared_at"),
    (event("f", "ballot.declared.v1", BALLOT | {"ballot_id": "a\x00b"}), "data.ballot_id"),
    (event("f", "ballot.declared.v1", BALLOT | {"papers_sent": HUGE}), "data.papers_sent"),
    (event("f", "ballot.declared.v1", BALLOT | {"papers_returned": 2**63}), "data.papers_returned"),
    (event("f", "ballot.declared.v1", BALLOT | {"totals": {"yes": HUGE}}), "data.totals.yes"),
    (event("f", "ballot.declared.v1", BALLOT | {"totals": {"a\x00b": 1}}), "data.totals.a\x00b.[key]"),
    (event("f", "meeting.scheduled.v9"), "type"),
    (event("f", extra="x"), "extra"),
    (event("f", time="0001-01-01T00:00:00+00:00"), "time"),
    (event("f", "member.joined.v1", joined("F1", joined="0001-01-01")), "data.joined"),
    (event("f", "member.died.v1", {"membership_number": "F1", "on": "0999-12-31"}), "data.on"),
    (event("f", data=[1]), "data"),
    (event("f", "member.joined.v1", joined("F1", mobile="12")), "data.mobile"),
    (event("f", "member.joined.v1", joined("F1", branch="north")), "data.branch"),
    (event("f", "member.joined.v1", joined("F1", given_name="A\x00")), "data.given_name"),
    (event("f", "member.joined.v1", joined("F1", shoe_size=9)), "data.shoe_size"),
    (event("f", "member.left.v1", {"membership_number": "NOBODY"}), "data.membership_number"),
    (event("f", "member.died.v1", {"membership_number": "F\x001"}), "data.membership_number"),
]


@pytest.mark.parametrize(("made", "field"), FAULTS)
async def test_a_refused_event_names_its_field_and_its_index(
    members: Running, made: dict[str, Any], field: str
) -> None:
    alone = await post(members, made)
    assert (alone.status_code, [fault["field"] for fault in alone.json()["errors"]]) == (422, [field])
    batch = await post(members, event("beside", "member.joined.v1", joined("F2")), made)
    assert (batch.status_code, [fault["field"] for fault in batch.json()["errors"]]) == (422, [f"[1].{field}"])
    assert await found(members, "F2") == []


def test_the_api_s_description_shows_every_type_and_leaves_no_reference_dangling(members: Running) -> None:
    described = members.application.api.openapi()["paths"]["/events"]["post"]["requestBody"]["content"]
    one = described["application/cloudevents+json"]["schema"]["oneOf"]
    assert {item["properties"]["type"]["const"] for item in one} == set(ACCEPTED_TYPES)
    assert "$defs" not in json.dumps(described)


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", ONE, 422),
        (b'{"a": NaN}', ONE, 422),
        (b"[" * 3000 + b"]" * 3000, BATCH, 422),
        (b"[]", BATCH, 422),
        (b"{}", {"content-type": "application/xml"}, 422),
        (b"{}", {}, 422),
        (b" " * 1_000_001, ONE, 413),
    ],
)
async def test_a_body_that_is_no_event_is_a_problem(
    members: Running, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = await members.http.post("/events", content=content, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_keys_are_kept_for_ninety_days_and_then_deleted(members: Running) -> None:
    first = (await post(members, event("old"))).json()
    members.clock.advance(timedelta(days=89))
    await members.run_task("retention")
    assert (await post(members, event("old"))).json() == first
    members.clock.advance(timedelta(days=2))
    await members.run_task("retention")
    again = await post(members, event("old"))
    assert again.status_code == 202
    assert again.json() != first
