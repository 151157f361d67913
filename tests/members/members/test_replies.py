"""STOP and START as members consumes them: for every member at the address, once, with evidence."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from chassis.kafka.batch import Batch, ReceivedEvent
from contracts import topics
from contracts.event import Received
from contracts.events.members import MemberChanged
from contracts.events.replies import ReplyReceived
from members.service.change_writer import ChangeWriter
from members.service.replies import Replies

from tests.members.service import Running
from tests.support.facts import eventually
from tests.support.world import World

CONSENT = {
    "channel": "sms",
    "purposes": ["campaign", "survey"],
    "granted": True,
    "source": "form",
    "wording_version": "2026-01",
    "at": "2026-01-05T10:00:00Z",
}


async def joined(members: Running, number: str, *addresses: str) -> UUID:
    given = {"membership_number": number, "given_name": "Ann", "family_name": "Lee", "consents": [CONSENT]}
    given["contact_points"] = [{"channel": "sms", "address": address} for address in addresses]
    answer = await members.http.post("/members", json=given)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["member_id"])


async def member(members: Running, member_id: UUID) -> dict[str, Any]:
    body: dict[str, Any] = (await members.http.get(f"/members/{member_id}")).json()
    return body


def granted(body: dict[str, Any]) -> set[str]:
    return {each["purpose"] for each in body["consents"] if each["granted"]}


def reply(members: Running, intent: str, *at_address: UUID, address: str = "+447400999999") -> ReplyReceived:
    return ReplyReceived(
        reply_id=uuid4(),
        channel="sms",
        address_hash=members.settings.hash_address("sms", address),
        members_at_address=at_address,
        text=intent,
        intent=intent,
        received_at=members.clock.now(),
    )


async def test_a_stop_is_for_every_member_at_the_number_and_a_start_restores(members: Running, world: World) -> None:
    ann, bob, eve = [await joined(members, f"R{number}") for number in range(3)]
    stop = reply(members, "stop", ann, bob)
    await world.publish(topics.REPLIES, "hash", stop)
    for each in (ann, bob):
        body = await eventually(partial(member, members, each), until=lambda body: body["version"] == 2)
        assert granted(body) == set()
        assert {each["source"] for each in body["consents"]} == {"reply"}
    assert granted(await member(members, eve)) == {"campaign", "survey"}
    await world.publish(topics.REPLIES, "hash", reply(members, "start", ann))
    body = await eventually(lambda: member(members, ann), until=lambda body: body["version"] == 3)
    assert granted(body) == {"campaign", "survey"}
    assert {each["wording_version"] for each in body["consents"] if each["granted"]} == {"2026-01"}
    assert granted(await member(members, bob)) == set()
    history = (await members.http.get(f"/members/{ann}/history")).json()["entries"]
    recorded = [entry for entry in history if "consent_id" not in entry]
    assert [entry["what"] for entry in recorded] == ["created", "stop heard", "start heard"]
    assert recorded[1]["reply_id"] == str(stop.reply_id)
    evidence = [(entry["what"], entry["source"]) for entry in history if "consent_id" in entry]
    assert evidence == [("consent given", "form"), ("consent withdrawn", "reply"), ("consent given", "reply")]


async def test_a_repeated_reply_and_one_of_an_erased_member_change_nothing(members: Running, world: World) -> None:
    ann, gone = await joined(members, "R8"), await joined(members, "R9")
    assert (await members.http.delete(f"/members/{gone}")).status_code == 204
    stop = reply(members, "stop", ann, gone)
    for each in (stop, stop, reply(members, "answer", ann), reply(members, "help", ann)):
        await world.publish(topics.REPLIES, "hash", each)
    marker = await joined(members, "R10")
    await world.publish(topics.REPLIES, "hash", reply(members, "stop", marker))
    await eventually(lambda: member(members, marker), until=lambda body: body["version"] == 2)
    assert (await member(members, ann))["version"] == 2
    assert (await members.http.get(f"/members/{gone}")).status_code == 404


async def test_an_opt_out_without_a_member_is_for_every_member_with_the_address(members: Running, world: World) -> None:
    """A provider that answers 21610, or an operator who suppresses a number, gives an address and no member."""
    ann = await joined(members, "R20", "07400 123456")
    bob = await joined(members, "R21", "+447400123456")
    eve = await joined(members, "R22", "07400 654321")
    opt_out = reply(members, "stop", address="+447400123456").model_copy(update={"text": ""})
    for _ in range(2):
        await world.publish(topics.REPLIES, opt_out.address_hash, opt_out)
    for each in (ann, bob):
        body = await eventually(partial(member, members, each), until=lambda body: body["version"] == 2)
        assert granted(body) == set()
    published = await world.received(topics.MEMBERS, lambda received: {ann, bob} <= _second_of(received).keys())
    consents = [consent for who in (ann, bob) for consent in _second_of(published)[who].consents]
    assert consents
    assert not any(consent.granted for consent in consents)
    history = (await members.http.get(f"/members/{ann}/history")).json()["entries"]
    withdrawn = [entry for entry in history if entry["what"] == "consent withdrawn"]
    assert [(entry["source"], entry["channel"]) for entry in withdrawn] == [("reply", "sms")]
    assert (await member(members, eve))["version"] == 1
    assert (await member(members, ann))["version"] == 2


async def test_a_start_outlasts_the_stop_before_it_in_any_order_of_consumption(members: Running) -> None:
    """A STOP has its member's key and a START the address's: they come in one batch, in either order, or in two."""
    together, apart, late = [await joined(members, f"R3{number}") for number in range(3)]
    stops, starts = [[reply(members, intent, who) for who in (together, apart, late)] for intent in ("stop", "start")]
    for minutes, sent in enumerate((stops, starts)):
        sent[:] = [_received(each, members.clock.now() - timedelta(minutes=10 - minutes)) for each in sent]
    assert members.application.database is not None
    clock = members.clock
    replies = Replies(members.application.database, ChangeWriter(members.settings, clock), members.settings)
    await replies.handle(batch(starts[0], stops[0]))
    await replies.handle(batch(starts[1]))
    await replies.handle(batch(stops[1]))
    await replies.handle(batch(stops[1], starts[1]))
    await replies.handle(batch(starts[2]))
    await replies.handle(batch(stops[2]))
    await replies.handle(batch(_received(reply(members, "stop", late), clock.now())))
    assert [granted(await member(members, who)) for who in (together, apart, late)] == [
        {"campaign", "survey"},
        {"campaign", "survey"},
        set(),
    ]
    history = (await members.http.get(f"/members/{apart}/history")).json()["entries"]
    evidence = [entry["what"] for entry in history if "consent_id" in entry]
    assert evidence == ["consent given", "consent withdrawn", "consent given"]


def _received(reply: ReplyReceived, at: datetime) -> ReplyReceived:
    return reply.model_copy(update={"received_at": at})


def batch(*replies: ReplyReceived) -> Batch:
    """These replies as they were fetched, in this order."""
    now = datetime.now(UTC)
    received = [
        ReceivedEvent(each, str(each.reply_id), "dispatch-sms", "key", topics.REPLIES.name, 0, 0, now, now, None)
        for each in replies
    ]
    return Batch("members.replies", tuple(received), ())


def _second_of(received: Sequence[Received]) -> dict[UUID, MemberChanged]:
    """The snapshots of version 2 that were published."""
    events = [one.event for one in received]
    return {event.member_id: event for event in events if isinstance(event, MemberChanged) and event.version == 2}
