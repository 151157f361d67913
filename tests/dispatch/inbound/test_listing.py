"""Texts that no webhook brought are taken from the provider's list, once, at the time at which they were sent."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chassis.errors import Unavailable
from contracts.event import decode
from contracts.events.replies import ReplyReceived
from dispatch.inbound.inbound import InboundText
from dispatch.inbound.provider_list import InboundListing

from tests.dispatch.events import OURS, campaign, member
from tests.dispatch.house import House

NUMBER = "+447700912345"


class Provider:
    """Lists what it received; `asked` holds since when it was asked."""

    def __init__(self) -> None:
        self.texts: list[InboundText] = []
        self.asked: list[datetime] = []
        self.away = False

    def receive(self, words: str, seconds_ago: float, number: str = NUMBER) -> InboundText:
        sent = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=seconds_ago)
        text = InboundText(number, OURS, words, f"SM{uuid.uuid4().hex}", sent_at=sent)
        self.texts.insert(0, text)
        return text

    async def since(self, moment: datetime) -> list[InboundText]:
        self.asked.append(moment)
        if self.away:
            raise Unavailable("away")
        return [text for text in self.texts if text.sent_at and text.sent_at >= moment]


def listing_of(house: House, provider: Provider) -> InboundListing:
    return InboundListing(house.settings, house.database, house.clock, house.dispatch.inbound, provider.since)


async def by_webhook(house: House, listed: InboundText) -> None:
    text = InboundText(listed.sender_address, listed.our_address, listed.text, listed.reference)
    await house.dispatch.inbound.hear(text)


async def said(house: House) -> list[ReplyReceived]:
    events: list[Any] = [decode(bytes(row.value)).event for row in await house.rows("SELECT * FROM outbox ORDER BY id")]
    return events


async def is_stopped(house: House) -> bool:
    return bool(await house.rows("SELECT 1 FROM suppressions WHERE lifted_at IS NULL"))


async def test_a_stop_that_no_webhook_brought_is_in_force_once_it_is_listed(quiet_house: House) -> None:
    house, provider, person = quiet_house, Provider(), member(number=NUMBER)
    stop = provider.receive("STOP", 30)
    await listing_of(house, provider).step()
    (delivery,) = await house.known(campaign(), person)
    assert await house.claim() == []
    assert await house.reason(delivery) == "suppressed"
    (event,) = await said(house)
    assert stop.sent_at is not None
    assert (event.intent, event.received_at) == ("stop", house.clock.of(stop.sent_at))


async def test_a_text_is_taken_once_by_whichever_way_it_comes_first(quiet_house: House) -> None:
    house, provider = quiet_house, Provider()
    listing = listing_of(house, provider)
    await by_webhook(house, provider.receive("one", 40))
    two = provider.receive("two", 20)
    await listing.step()
    await by_webhook(house, two)
    await listing.step()
    assert sorted(event.text for event in await said(house)) == ["one", "two"]


async def test_the_list_is_read_from_the_last_round_that_ended_with_some_overlap(quiet_house: House) -> None:
    house, provider = quiet_house, Provider()
    listing, overlap = listing_of(house, provider), timedelta(seconds=house.settings.inbound_overlap_seconds)
    await listing.step()
    (first,) = await house.rows("SELECT until FROM inbound_watermark")
    provider.away = True
    with pytest.raises(Unavailable):
        await listing.step()
    provider.away = False
    await house.rows_changed("UPDATE inbound_watermark SET until = until - interval '2 days'")
    await listing.step()
    (last,) = await house.rows("SELECT until FROM inbound_watermark")
    assert provider.asked == [
        first.until - overlap,
        first.until - overlap,
        first.until - timedelta(days=2) - overlap,
    ]
    assert last.until > first.until


async def test_the_providers_order_decides_between_two_texts_of_one_minute(quiet_house: House) -> None:
    house, provider = quiet_house, Provider()
    listing = listing_of(house, provider)
    await by_webhook(house, provider.receive("STOP", 50))
    provider.receive("START", 30)
    await listing.step()
    assert not await is_stopped(house)
    stop, start = await said(house)
    assert start.received_at > stop.received_at


async def test_a_late_listed_stop_outweighs_a_start_that_arrived_after_it_but_was_sent_before(
    quiet_house: House,
) -> None:
    house, provider = quiet_house, Provider()
    await by_webhook(house, provider.receive("START", 12))
    provider.receive("STOP", 8)
    await listing_of(house, provider).step()
    assert await is_stopped(house)
    start, stop = await said(house)
    assert stop.received_at >= start.received_at, "members and a restored dispatcher read it the same"
    (delivery,) = await house.known(campaign(), member(number=NUMBER, consented_at=start.received_at))
    await house.claim()
    assert await house.reason(delivery) == "suppressed"


async def test_an_old_stop_found_late_does_not_undo_a_later_start(quiet_house: House) -> None:
    house, provider = quiet_house, Provider()
    provider.receive("STOP", 250)
    await by_webhook(house, provider.receive("START", 0))
    provider.texts = [text for text in provider.texts if text.text == "STOP"]  # the list lags
    await listing_of(house, provider).step()
    assert not await is_stopped(house)


async def test_a_start_by_webhook_close_to_a_listed_stop_is_left_to_the_list(quiet_house: House) -> None:
    house, provider = quiet_house, Provider()
    listing = listing_of(house, provider)
    provider.receive("STOP", 20)
    await listing.step()
    start = provider.receive("START", 1)
    await by_webhook(house, start)
    assert await is_stopped(house)
    assert [event.intent for event in await said(house)] == ["stop"]
    await listing.step()
    assert not await is_stopped(house)
    assert [event.intent for event in await said(house)] == ["stop", "start"]


async def test_an_unclear_stop_is_listed_too(quiet_house: House) -> None:
    house, provider = quiet_house, Provider()
    provider.receive("please take me off your list", 20)
    await listing_of(house, provider).step()
    assert len(await house.rows("SELECT 1 FROM address_holds")) == 1
