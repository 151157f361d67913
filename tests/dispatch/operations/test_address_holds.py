"""A stop in other words than a keyword: nothing is sent to that address until a person has decided."""

import uuid
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from contracts import topics
from contracts.enums import Intent
from contracts.event import decode
from contracts.events.members import MemberChanged, MemberErased, Membership
from contracts.events.replies import ReplyReceived
from dispatch.inbound.inbound import InboundText

from tests.dispatch.events import NOON, NUMBERS, OURS, campaign, member
from tests.dispatch.house import House
from tests.dispatch.trial import TrialProvider
from tests.support.answers import http_client

WORDS = "take me off this list"


@pytest.fixture
async def house(quiet_house: House) -> AsyncIterator[House]:
    async with quiet_house.application().serving() as url:
        quiet_house.url = url
        yield quiet_house


def client(house: House, branch: str | None = None, scopes: str = "suppressions:write") -> httpx.AsyncClient:
    return http_client("dispatch_sms", house.url, headers=house.world.headers(scopes, branch=branch))


async def text(house: House, number: str, words: str) -> Intent:
    return (await house.dispatch.inbound.hear(InboundText(number, OURS, words, uuid.uuid4().hex))).intent


async def holds(house: House, *people: MemberChanged, branch: str | None = None) -> list[dict[str, Any]]:
    """Those of these members; what the module's other tests said on `replies` is heard here too."""
    ours = {str(person.member_id) for person in people}
    async with client(house, branch) as operator:
        items = (await operator.get("/address-holds", params={"limit": 500})).raise_for_status().json()["items"]
        return [item for item in items if ours & set(item["members"])]


async def decide(house: House, hold: str, decision: str, branch: str | None = None) -> int:
    async with client(house, branch) as operator:
        return (await operator.post(f"/address-holds/{hold}/decide", json={"decision": decision})).status_code


async def waiting(house: House, delivery: uuid.UUID) -> str | None:
    rows = await house.rows("SELECT waiting_for FROM deliveries WHERE delivery_id = :id", id=delivery)
    return rows[0].waiting_for if rows else None


def _of(person: MemberChanged, events: Iterable[Any]) -> list[ReplyReceived]:
    found = [getattr(item, "event", item) for item in events]
    return [one for one in found if isinstance(one, ReplyReceived) and one.member_id == person.member_id]


async def test_nothing_is_sent_until_a_person_lifts_it(quiet_house: House) -> None:
    house, person = quiet_house, member()
    number = person.contact_points[0].address
    assert await text(house, number, WORDS) is Intent.UNCLEAR_STOP
    (delivery,) = await house.known(campaign(), person)
    assert await house.claim() == []
    assert (await house.state(delivery), await waiting(house, delivery)) == ("requested", "address_hold")
    async with house.application().serving() as url:
        house.url = url
        await text(house, number, "I said stop")
        (hold,) = await holds(house, person)
        assert (hold["words"], hold["members"]) == (f"{WORDS}\nI said stop", [str(person.member_id)])
        assert number not in str(hold)
        assert await decide(house, hold["hold_id"], "lift") == 204
        assert await decide(house, hold["hold_id"], "lift") == 404
        assert await holds(house, person) == []
        await house.settled(delivery, "accepted")


async def test_a_confirmed_one_is_a_stop_and_is_said_like_one(house: House) -> None:
    person = member()
    await house.hear(topics.MEMBERS, person)
    await text(house, person.contact_points[0].address, WORDS)
    (delivery,) = await house.known(campaign(), person)
    (hold,) = await holds(house, person)
    assert await decide(house, hold["hold_id"], "stop") == 204
    said = await house.world.read(topics.REPLIES, lambda got: len(_of(person, got)) >= 2)
    assert [event.intent for event in _of(person, said)] == ["unclear_stop", "stop"]
    await house.settled(delivery, "skipped")
    assert (await house.reason(delivery), house.provider.called) == ("suppressed", [])


@pytest.mark.parametrize(("word", "state"), [("STOP", "skipped"), ("START", "sending")])
async def test_a_keyword_from_the_member_decides_too(quiet_house: House, word: str, state: str) -> None:
    house, person = quiet_house, member()
    await text(house, person.contact_points[0].address, WORDS)
    await text(house, person.contact_points[0].address, word)
    assert await house.rows("SELECT 1 FROM address_holds") == []
    (delivery,) = await house.known(campaign(), person)
    await house.claim()
    assert await house.state(delivery) == state


async def test_an_old_one_raises_the_alarm_and_becomes_a_stop(quiet_house: House) -> None:
    house, person = quiet_house, member()
    await text(house, person.contact_points[0].address, WORDS)
    for days, alarms, left in ((0, 0, 1), (2, 1, 1), (6, 1, 0)):
        house.clock.advance(timedelta(days=days))
        await house.dispatch.address_holds.step()
        assert house.count("not_sent_for_our_fault_total", why="address_hold") == alarms
        assert house.count("address_holds_open") == left
    (stop,) = await house.rows("SELECT source FROM suppressions WHERE lifted_at IS NULL")
    assert stop.source == "undecided"


async def test_a_branch_decides_about_its_own_members_only(house: House) -> None:
    shared = next(NUMBERS)
    leeds = Membership(body="leeds", path=("union", "leeds"), valid_from=NOON.date())
    left = Membership(
        body="gwynedd", path=("union", "gwynedd"), valid_from=NOON.date() - timedelta(9), valid_to=NOON.date()
    )
    ours, theirs = member(), member(memberships=(leeds, left))
    people = [ours, theirs, member(number=shared), member(number=shared, memberships=(leeds,))]
    await house.hear(topics.MEMBERS, *people)
    for number in (ours.contact_points[0].address, theirs.contact_points[0].address, shared):
        await text(house, number, WORDS)
    assert len(await holds(house, *people)) == 3
    (hold,) = await holds(house, *people, branch="gwynedd")
    assert hold["members"] == [str(ours.member_id)]
    (other,) = await holds(house, *people, branch="leeds")
    assert await decide(house, other["hold_id"], "lift", "gwynedd") == 404
    assert await decide(house, hold["hold_id"], "lift", "gwynedd") == 204
    async with client(house, scopes="deliveries:read") as reader:
        assert (await reader.get("/address-holds")).status_code == 403


async def test_an_erased_members_words_go_and_the_hold_stays(quiet_house: House) -> None:
    house, person = quiet_house, member()
    await house.hear(topics.MEMBERS, person)
    await text(house, person.contact_points[0].address, WORDS)
    await house.hear(topics.MEMBERS, MemberErased(member_id=person.member_id, version=2))
    (hold,) = await house.rows("SELECT words FROM address_holds")
    assert hold.words == ""


async def test_a_restored_dispatcher_hears_of_it_again_and_a_decided_one_does_not_come_back(quiet_house: House) -> None:
    house, number = quiet_house, next(NUMBERS)
    await text(house, number, WORDS)
    (row,) = await house.rows("SELECT value FROM outbox")
    said = decode(bytes(row.value)).event
    await house.rows_changed("DELETE FROM address_holds")
    await house.hear(topics.REPLIES, said)
    assert await house.rows("SELECT 1 FROM address_holds") == []
    await house.rows_changed("DELETE FROM replies_taken")
    await house.hear(topics.REPLIES, said)
    assert len(await house.rows("SELECT 1 FROM address_holds")) == 1


async def test_what_a_missed_wake_left_waiting_is_found(quiet_house: House) -> None:
    house, person = quiet_house, member()
    await text(house, person.contact_points[0].address, WORDS)
    (delivery,) = await house.known(campaign(), person)
    await house.claim()
    await house.dispatch.address_holds.step()
    assert await waiting(house, delivery) == "address_hold"
    await house.rows_changed("DELETE FROM address_holds")  # a process that died before it woke them
    await house.dispatch.address_holds.step()
    assert isinstance(house.provider, TrialProvider)
    assert [call.message.delivery_id for call in await house.claim()] == [delivery]
