"""What the carrier's list says of an attempt, and what becomes of a message it has."""

from urllib.parse import parse_qs, urlsplit

import pytest
from chassis.errors import Unavailable
from dispatch.inbound.inbound import InboundText
from dispatch.provider import Lookup, Stranger, text_mark

from tests.dispatch_sms.carrier import NOON, SECRET, carrier, lookup
from tests.dispatch_sms.raw_server import (
    REFERENCE,
    Manner,
    RawServer,
    listed,
    page,
    resets,
    says,
)


async def found(*pages: Manner, by: Lookup | None = None) -> tuple[list[str], bool, RawServer]:
    async with carrier(*pages) as (server, provider):
        answer = await provider.find(by or lookup())
    return [seen.reference for seen in answer.messages], answer.conclusive, server


async def test_a_lost_message_is_found_by_its_number_alone_and_matched_by_sender_text_and_time() -> None:
    theirs = [
        listed("SM" + "2" * 32, **{"from": "+447700900777"}),
        listed("SM" + "3" * 32, date_created="Mon, 02 Mar 2026 11:50:00 +0000"),
        listed("SM" + "4" * 32, date_created="Mon, 02 Mar 2026 12:05:00 +0000"),
        listed("SM" + "6" * 32, direction="inbound"),
    ]
    references, conclusive, server = await found(page([*theirs, listed()]))
    assert (references, conclusive) == ([REFERENCE], True)
    query = urlsplit(server.asked[0].target).query
    assert "To=%2B447700900123" in query
    assert "Date" not in query
    assert "From" not in query


async def test_every_page_of_the_list_is_read_and_the_oldest_match_comes_first() -> None:
    older = listed("SM" + "7" * 32, date_created="Mon, 02 Mar 2026 12:00:01 +0000")
    next_page = "/2010-04-01/Accounts/x/Messages.json?To=%2B447700900123&Page=1&PageToken=abc"
    references, _, server = await found(page([listed()], next_page), page([older]))
    assert references == ["SM" + "7" * 32, REFERENCE]
    assert server.asked[1].target == next_page


async def test_a_message_of_a_service_is_matched_before_it_has_a_number() -> None:
    waiting = listed() | {"from": None, "messaging_service_sid": "MG" + "1" * 32}
    references, _, _ = await found(page([waiting]), by=lookup(sender="MG" + "1" * 32))
    assert references == [REFERENCE]


async def test_line_ends_and_a_trial_accounts_prefix_do_not_hide_a_message() -> None:
    text = "Sent from your Twilio trial account - First\r\nSecond"
    references, _, _ = await found(page([listed(body=text)]), by=lookup("First\nSecond"))
    assert references == [REFERENCE]


async def strangers(*messages: dict[str, object]) -> list[Stranger]:
    async with carrier(page([*messages])) as (_, provider):
        answer = await provider.find(lookup())
    assert (answer.messages, answer.conclusive) == ((), True)
    return list(answer.strangers)


async def test_a_message_of_the_same_sender_and_time_with_another_text_is_a_stranger() -> None:
    """Ours changed on the way, or another delivery's: the ledger can tell, by its reference or its text."""
    one, two = "SM" + "1" * 32, "SM" + "2" * 32
    prefix = "Sent from your Twilio trial account - "
    found = await strangers(
        listed(one, body="Picket at seven"),
        listed(two, body=f"{prefix}Vote"),
        listed("SM" + "3" * 32, body="Vote", **{"from": "+447700900777"}),
        listed("SM" + "4" * 32, body="Vote", date_created="Mon, 02 Mar 2026 11:50:00 +0000"),
        listed("SM" + "6" * 32, body="Vote", direction="inbound"),
        listed("SM" + "7" * 32, body="You will get no more texts", direction="outbound-reply"),
    )
    marks = [text_mark(SECRET, "+447700900123", text) for text in ("Picket at seven", f"{prefix}Vote", "Vote")]
    assert {stranger.reference: stranger.marks for stranger in found} == {one: (marks[0],), two: (marks[1], marks[2])}


async def test_a_redacted_text_is_a_stranger_whose_text_nobody_knows() -> None:
    assert await strangers(listed(body="")) == [Stranger(REFERENCE)]


async def test_an_empty_list_is_a_negative_answer() -> None:
    references, conclusive, _ = await found(page([]))
    assert (references, conclusive) == ([], True)


@pytest.mark.parametrize(
    "manner",
    [
        says(503, "down"),
        says(429, {"code": 20429}),
        says(404, {"code": 20404}),
        says(200, "<html>"),
        says(200, {}),
        resets,
    ],
)
async def test_a_list_that_cannot_be_read_is_no_negative_answer(manner: Manner) -> None:
    with pytest.raises(Unavailable):
        await found(manner)


async def test_what_became_of_a_message_is_fetched() -> None:
    async with carrier(says(200, listed(status="undelivered", error_code=30005))) as (server, provider):
        seen = await provider.status(REFERENCE)
    assert seen is not None
    assert (seen.status, seen.code, seen.address_bad) == ("undelivered", "30005", True)
    assert server.asked[0].target.endswith(f"/Messages/{REFERENCE}.json")


async def test_a_message_twilio_does_not_know_has_no_status() -> None:
    async with carrier(says(404, {"code": 20404, "status": 404})) as (server, provider):
        assert await provider.status(REFERENCE) is None
        server.manners = [says(500, "")]
        with pytest.raises(Unavailable):
            await provider.status(REFERENCE)


async def test_a_copy_is_deleted_and_one_that_is_gone_already_counts_as_deleted() -> None:
    async with carrier(says(204, ""), says(404, {"code": 20404, "status": 404})) as (server, provider):
        await provider.delete(REFERENCE)
        await provider.delete(REFERENCE)
        server.manners = [says(409, {"code": 20009, "status": 409})]
        with pytest.raises(Unavailable):
            await provider.delete(REFERENCE)
    assert [asked.method for asked in server.asked] == ["DELETE"] * 3
    assert server.asked[0].target.endswith(f"/Messages/{REFERENCE}.json")


def received(reference: str, minute: int, **changes: object) -> dict[str, object]:
    at = f"Mon, 02 Mar 2026 12:{minute:02}:00 +0000"
    given: dict[str, object] = {"direction": "inbound", "from": "+447700900123", "to": "+447700900000", "body": "STOP"}
    return listed(reference, date_created=at, date_sent=at) | given | changes


async def since(minute: int, *pages: Manner) -> tuple[list[InboundText], RawServer]:
    async with carrier(*pages) as (server, provider):
        return await provider.inbound_list.since(NOON.replace(minute=minute)), server


async def test_what_we_received_is_read_from_the_newest_back_to_the_moment() -> None:
    one, two, three, four = (f"SM{str(number) * 32}" for number in range(1, 5))
    path = "/2010-04-01/Accounts/x/Messages.json?Page={}&PageToken=abc"
    texts, server = await since(
        10,
        page([received(one, 40), listed(two, direction="outbound-api")], path.format(1)),
        page([received(three, 10, **{"from": "whatsapp:+447700900123"}), received(four, 9)], path.format(2)),
        page([received(two, 8), received(four, 7)], path.format(3)),
        says(500, "not asked for"),
    )
    assert [(text.reference, text.sender_address, text.our_address, text.text) for text in texts] == [
        (one, "+447700900123", "+447700900000", "STOP"),
        (three, "+447700900123", "+447700900000", "STOP"),
    ]
    assert [text.sent_at for text in texts] == [NOON.replace(minute=40), NOON.replace(minute=10)]
    assert len(server.asked) == 3
    query = parse_qs(urlsplit(server.asked[0].target).query)
    assert query["DateSent>"] == ["2026-03-02T00:00:00Z"]


@pytest.mark.parametrize("manner", [says(503, "down"), says(200, "<html>"), says(200, {}), resets])
async def test_a_list_of_received_texts_that_cannot_be_read_is_not_empty(manner: Manner) -> None:
    with pytest.raises(Unavailable):
        await since(10, manner)
