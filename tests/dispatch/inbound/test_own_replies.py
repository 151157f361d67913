"""Every opt-out is published on `replies`, and a dispatcher reads its own: a restored database lacks none."""

import asyncio
import uuid
from datetime import timedelta

from contracts import topics
from contracts.enums import Intent
from contracts.event import decode
from contracts.events.replies import ReplyReceived
from dispatch.inbound.inbound import InboundText
from dispatch.provider import Rejected

from tests.dispatch.events import NOON, OURS, campaign, member
from tests.dispatch.house import House


async def said(house: House, number: str, words: str) -> Intent:
    heard = await house.dispatch.inbound.hear(InboundText(number, OURS, words, uuid.uuid4().hex))
    return heard.intent


NUMBER = "+447700912345"


async def test_an_opt_out_that_is_no_text_is_said_like_one_and_once(quiet_house: House) -> None:
    """An operator's word and the provider's: members and the segmenter learn of them as of a STOP."""
    house, people = quiet_house, [member(number=NUMBER) for _ in range(2)]
    await house.known(campaign(), *people)
    (call,) = await house.claim()
    for _ in range(2):
        await house.dispatch.inbound.suppress(NUMBER, "operator")
        await house.dispatch.outcomes.put(call.message.delivery_id, 1, Rejected("21610", "opted_out", opted_out=True))
    heard = [decode(bytes(row.value)).event for row in await house.rows("SELECT value FROM outbox ORDER BY id")]
    told = [event for event in heard if isinstance(event, ReplyReceived)]
    assert [(event.intent, event.text) for event in told] == [("stop", "")] * 2
    for event in told:
        assert set(event.members_at_address) == {person.member_id for person in people}
        assert event.address_hash == house.settings.hash_address("sms", NUMBER)
    assert [event.delivery_id for event in told] == [None, call.message.delivery_id]


def reply(house: House, intent: Intent, minutes: int, **fields: object) -> ReplyReceived:
    values = {
        "reply_id": uuid.uuid4(),
        "channel": "sms",
        "address_hash": house.settings.hash_address("sms", NUMBER),
        "text": "",
        "intent": intent,
        "received_at": NOON + timedelta(minutes=minutes),
    }
    return ReplyReceived.model_validate(values | fields)


async def stopped_since(house: House) -> list[timedelta]:
    return [row.since - NOON for row in await house.rows("SELECT since FROM suppressions WHERE lifted_at IS NULL")]


async def test_its_own_replies_tell_a_restored_dispatcher_who_said_stop(quiet_house: House) -> None:
    house = quiet_house
    stop, start = reply(house, Intent.STOP, 1), reply(house, Intent.START, 2)
    await house.hear(topics.REPLIES, stop, reply(house, Intent.STOP, 5, channel="email"))
    assert await stopped_since(house) == [timedelta(minutes=1)]
    await house.hear(topics.REPLIES, start)
    assert await stopped_since(house) == []
    await house.hear(topics.REPLIES, stop)  # again, as after a restart
    assert await stopped_since(house) == []
    await house.hear(topics.REPLIES, reply(house, Intent.STOP, 3), reply(house, Intent.ANSWER, 4))
    assert await stopped_since(house) == [timedelta(minutes=3)]


async def test_a_start_heard_before_the_stop_it_lifts_wins_all_the_same(quiet_house: House) -> None:
    """They may have different keys, and so come from different partitions."""
    house = quiet_house
    await house.hear(topics.REPLIES, reply(house, Intent.START, 2))
    await house.hear(topics.REPLIES, reply(house, Intent.STOP, 1))
    assert await stopped_since(house) == []
    (row,) = await house.rows("SELECT count(*) AS number FROM suppressions")
    assert row.number == 1


async def test_hearing_ones_own_stop_changes_nothing(quiet_house: House) -> None:
    house = quiet_house
    await said(house, NUMBER, "STOP")
    (before,) = await house.rows("SELECT * FROM suppressions")
    (row,) = await house.rows("SELECT value FROM outbox")
    await house.hear(topics.REPLIES, decode(bytes(row.value)).event)
    (after,) = await house.rows("SELECT * FROM suppressions")
    assert tuple(after) == tuple(before)


async def test_answers_that_come_together_are_each_heard_once_and_belong_to_their_own_ask(quiet_house: House) -> None:
    """Thousands answer a campaign within minutes: they share transactions. A carrier may say one twice at once."""
    house, poll = quiet_house, uuid.uuid4()
    people = [member(number=f"+44770091{number:04d}") for number in range(30)]
    asked = await house.known(campaign(poll_id=poll), *people)
    async with house.sending():
        for delivery in asked:
            await house.settled(delivery, "accepted")
    texts = [InboundText(one.contact_points[0].address, OURS, "yes", f"SM{one.member_id.hex}") for one in people]
    heard = await asyncio.gather(*(house.dispatch.inbound.hear(text) for text in (*texts, *texts)))
    assert [one.repeated for one in heard].count(False) == len(people)
    events = [decode(bytes(row.value)).event for row in await house.rows("SELECT value FROM outbox ORDER BY id")]
    told = [event for event in events if isinstance(event, ReplyReceived)]
    assert {(event.member_id, event.delivery_id) for event in told} == {
        (person.member_id, delivery) for person, delivery in zip(people, asked, strict=True)
    }
    assert len(told) == len(people)
