"""DELIVERY.md's crash matrix on real processes: what each death leaves in the ledger and in the carrier's book, and
that one message comes of it all the same."""

from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx
import pytest
from contracts.topics import MEMBERS, UNION_EVENTS

from tests.chaos.house import UNION, House
from tests.e2e.places import rows
from tests.support.facts import eventually

SMS = "dispatch-sms"


def meeting() -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": "calendar",
        "type": "meeting.scheduled.v1",
        "subject": f"meeting-{uuid4().hex[:8]}",
        "data": {
            "meeting_id": uuid4().hex,
            "body": UNION,
            "title": "Branch meeting",
            "starts_at": "2027-01-05T18:00:00Z",
            "place": "Hall",
        },
    }


async def post(house: House, event: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/cloudevents+json"}
    return await house.staff.call("members", "POST", "/events", json=event, headers=headers)


async def received(house: House, event: dict[str, Any]) -> int:
    return len(await rows(house.stack, "members", "SELECT 1 FROM received_events WHERE event_id = $1", event["id"]))


@pytest.mark.parametrize(("row", "failpoint", "kept"), [(1, "intake.before-commit", 0), (2, "intake.after-commit", 1)])
async def test_an_event_whose_intake_died_is_posted_again_under_its_id_and_told_once(
    house: House, row: int, failpoint: str, kept: int
) -> None:
    event = meeting()
    await house.arm("members", f"{failpoint}=1")
    with pytest.raises(httpx.TransportError):
        await post(house, event)
    await house.died("members", failpoint)
    assert await received(house, event) == kept
    await house.stack.restart("members")
    first = await post(house, event)
    assert await post(house, event) == first
    assert await received(house, event) == 1
    told = await eventually(lambda: house.heard(UNION_EVENTS, event["subject"]), within=60)
    assert len(told) == 1


async def test_3_what_the_relay_published_but_did_not_mark_is_published_again_and_counts_once(house: House) -> None:
    body = await house.branch(1)
    await house.arm("members", "outbox.published=1")
    person = house.person(body)
    with suppress(httpx.TransportError):  # the relay may be faster than the answer
        await house.staff.post("members", "/members", person)
    await house.died("members", "outbox.published")
    member = await house.member_id(person)
    assert await rows(house.stack, "members", "SELECT 1 FROM outbox WHERE key = $1", member)
    await house.stack.restart("members")
    told = await eventually(lambda: house.heard(MEMBERS, member), within=60, until=lambda seen: len(seen) > 1)
    assert len({one["id"] for one in told}) == 1
    await house.known(body, 2)
    await house.settled(await house.campaign(body), 2)


async def test_4_a_fan_out_cut_in_the_middle_asks_for_exactly_the_audience(house: House) -> None:
    body = await house.branch(5)
    await house.arm("segmenter-worker", "fan-out.published=1")
    campaign = await house.campaign(body)
    await house.died("segmenter-worker", "fan-out.published")
    asked = await rows(house.stack, "segmenter", "SELECT 1 FROM deliveries WHERE campaign_id = $1", campaign)
    assert 0 < len(asked) < 5
    await house.stack.restart("segmenter-worker")
    found = await house.settled(campaign, 5)
    assert {row["gen"] for row in found} == {1}


@pytest.mark.parametrize(
    ("failpoint", "left"), [("admission.before-commit", set()), ("admission.after-commit", {"requested"})]
)
async def test_5_a_request_whose_admission_died_is_redelivered_or_due(
    house: House, failpoint: str, left: set[str]
) -> None:
    body = await house.branch(2)
    await house.arm(SMS, f"{failpoint}=1")
    campaign = await house.campaign(body)
    await house.died(SMS, failpoint)
    assert set(await house.states(campaign)) == left
    assert await house.texts(campaign) == []
    await house.stack.restart(SMS)
    await house.settled(campaign, 2)
