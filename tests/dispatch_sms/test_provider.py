"""What becomes of one attempt, against a real server that misbehaves in every way a carrier can."""

import asyncio
import logging
import secrets
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from chassis.errors import Unavailable
from dispatch.linking import Callbacks
from dispatch.provider import Accepted, InDoubt, Lookup, NotSent, Outbound, Outcome, Rejected, Stranger, text_mark
from dispatch_sms.provider import TwilioProvider
from dispatch_sms.settings import Settings

from tests.dispatch_sms.raw_server import (
    REFERENCE,
    Manner,
    RawServer,
    created,
    dribbles,
    is_silent,
    listed,
    page,
    resets,
    says,
    truncated,
)

DELIVERY = UUID("6f1f4b0e-8a57-5c0e-9a9c-0d6c3c2b1a00")
PUBLIC = "https://sms.union.example"
SECRET = secrets.token_bytes(32)
PATIENT = {"call_timeout_seconds": 20.0}
"""Where the server answers at once, only the machine can be slow."""
NOON = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)


def settings_for(url: str, **given: object) -> Settings:
    names = ("id_secret", "pseudonym_secret", "address_secret", "link_secret")
    values: dict[str, object] = {
        **{name: secrets.token_hex(32) for name in names},
        "environment": "test",
        "public_url": PUBLIC,
        "twilio_account_sid": "AC" + secrets.token_hex(16),
        "twilio_auth_token": secrets.token_hex(32),
        "twilio_base_url": url,
        "call_timeout_seconds": 1.0,
        **given,
    }
    return Settings.model_validate(values)


@asynccontextmanager
async def carrier(*manners: Manner, **given: object) -> AsyncIterator[tuple[RawServer, TwilioProvider]]:
    server = RawServer(list(manners))
    async with server.serving(), running(settings_for(server.url, **given)) as provider:
        yield server, provider


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[TwilioProvider]:
    provider = TwilioProvider(settings)
    try:
        yield provider
    finally:
        await provider.close()


def outbound(text: str = "Picket at six", sender: str = "+447700900000", valid_for: int = 3600) -> Outbound:
    return Outbound(DELIVERY, 3, "+447700900123", sender, "", "en", text, "", "", "", valid_for)


def lookup(text: str = "Picket at six", sender: str = "+447700900000") -> Lookup:
    until = NOON.replace(minute=1)
    return Lookup(DELIVERY, 3, "+447700900123", sender, NOON, until, text_mark(SECRET, "+447700900123", text), SECRET)


async def outcome_of(*manners: Manner, **given: object) -> tuple[Outcome, RawServer]:
    async with carrier(*manners, **given) as (server, provider):
        outcome = await provider.send(outbound())
    return outcome, server


async def test_a_message_goes_out_as_one_post_with_everything_twilio_needs() -> None:
    async with RawServer([created()]).serving() as server:
        settings = settings_for(server.url)
        async with running(settings) as provider:
            assert await provider.send(outbound("Llŷn: piced am chwech")) == Accepted(REFERENCE, 1, "UCS-2")
    (asked,) = server.asked
    assert (asked.method, asked.target) == (
        "POST",
        f"/2010-04-01/Accounts/{settings.twilio_account_sid}/Messages.json",
    )
    mark = Callbacks(settings).mark(DELIVERY, 3)
    assert asked.form == {
        "To": "+447700900123",
        "From": "+447700900000",
        "Body": "Llŷn: piced am chwech",
        "SmartEncoded": "false",
        "ValidityPeriod": "3600",
        "StatusCallback": f"{PUBLIC}/webhooks/twilio/status?d={DELIVERY}&g=3&m={mark}#rc=5&rp=all",
    }
    assert asked.headers["authorization"].startswith("Basic ")


async def test_a_messaging_service_is_named_as_one_and_the_validity_stays_in_twilios_bounds() -> None:
    async with carrier(created(), twilio_sender="MG" + "1" * 32) as (server, provider):
        await provider.send(outbound(sender="", valid_for=100_000))
        await provider.send(outbound(valid_for=0))
    first, second = (asked.form for asked in server.asked)
    assert first["MessagingServiceSid"] == "MG" + "1" * 32
    assert "From" not in first
    assert (first["ValidityPeriod"], second["ValidityPeriod"]) == ("36000", "1")


@pytest.mark.parametrize(
    ("code", "reason", "address_bad", "opted_out"),
    [
        (21211, "invalid_number", True, False),
        (21614, "not_a_mobile", True, False),
        (21610, "opted_out", False, True),
        (21408, "region_not_permitted", False, False),
        (21612, "sender_cannot_reach_number", False, False),
        (29999, "provider_error", False, False),
    ],
)
async def test_twilios_own_code_is_its_word(code: int, reason: str, address_bad: bool, opted_out: bool) -> None:
    answer = says(400, {"code": code, "message": "about +447700900123", "status": 400})
    outcome, server = await outcome_of(answer, **PATIENT)
    assert outcome == Rejected(str(code), reason, address_bad=address_bad, opted_out=opted_out)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "code", "why", "wait", "everybody"),
    [
        (401, 20003, "credentials_refused", 60.0, True),
        (401, 0, "http_401", 60.0, True),
        (403, 20005, "account_not_active", 60.0, True),
        (403, 29999, "http_403", 60.0, True),
        (404, 20404, "account_or_resource_unknown", 60.0, True),
        (400, 21611, "sender_queue_full", 60.0, True),
        (429, 63038, "too_many_requests", 1.0, True),
        (400, 63038, "daily_limit_reached", 60.0, True),
        (400, 21606, "sender_not_ours", 240.0, False),
        (400, 21660, "sender_of_another_account", 240.0, False),
        (400, 21703, "messaging_service_empty", 240.0, False),
        (400, 21704, "messaging_service_empty", 240.0, False),
        (400, 21705, "messaging_service_unknown", 240.0, False),
        (400, 21609, "callback_address_invalid", 240.0, False),
    ],
)
async def test_what_is_our_own_fault_waits_and_is_held_against_nobody(
    status: int, code: int, why: str, wait: float, everybody: bool
) -> None:
    """The attempt is the third: a sender's fault is tried less and less often, the account's with a pause for all."""
    outcome, server = await outcome_of(says(status, {"code": code, "status": status}), **PATIENT)
    assert outcome == NotSent(why, retry_after=wait, lower_rate=everybody, alarm=status != 429)
    assert len(server.asked) == 1


@pytest.mark.parametrize(("header", "wait"), [("7", 7.0), ("", 1.0), ("soon", 1.0), ("999999", 3600.0)])
async def test_too_many_requests_were_not_sent_and_retry_after_is_kept(header: str, wait: float) -> None:
    outcome, server = await outcome_of(says(429, {"code": 20429, "status": 429}, Retry_After=header))
    assert outcome == NotSent("too_many_requests", retry_after=wait, lower_rate=True)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "manner",
    [
        pytest.param(says(500, {"code": 20500, "status": 500}), id="500 with a code"),
        pytest.param(says(503, "<html>down</html>"), id="503"),
        pytest.param(says(200, "<html>Sign in to the Wi-Fi</html>"), id="HTML with 200"),
        pytest.param(says(201, "<html>created</html>"), id="HTML with 201"),
        pytest.param(says(200, listed()), id="a message with 200"),
        pytest.param(says(201, {"ok": True}), id="JSON that is no message"),
        pytest.param(says(201, [1, 2]), id="a JSON list"),
        pytest.param(says(201, {"sid": 5, "date_created": 7}), id="JSON of wrong types"),
        pytest.param(says(201, {"sid": "CA" + "5" * 32}), id="another resource's reference"),
        pytest.param(says(201, ""), id="201 with nothing"),
        pytest.param(says(302, "", Location="/elsewhere"), id="a redirect"),
        pytest.param(says(400, "<html>bad request</html>"), id="400 from a proxy"),
        pytest.param(says(403, {"code": 403, "message": "blocked by a gateway"}), id="403 with a code not Twilio's"),
        pytest.param(says(404, {"message": "no such route"}), id="404 without a code"),
        pytest.param(truncated(201, '{"sid": "' + REFERENCE + '", "status": "queued"}'), id="truncated JSON"),
        pytest.param(resets, id="reset"),
        pytest.param(is_silent, id="silence"),
        pytest.param(dribbles('{"sid": "' + REFERENCE + '"}', 0.2), id="dribbling"),
    ],
)
async def test_whatever_proves_nothing_is_in_doubt_after_a_single_post(manner: Manner) -> None:
    outcome, server = await outcome_of(manner)
    assert isinstance(outcome, InDoubt)
    assert len(server.asked) == 1


async def test_the_total_timeout_lies_below_the_librarys_own() -> None:
    started = time.monotonic()
    outcome, _ = await outcome_of(is_silent)
    assert outcome == InDoubt("timeout")
    assert time.monotonic() - started < 10.0


async def test_a_refused_connection_was_not_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with running(settings_for(f"http://localhost:{taken.getsockname()[1]}")) as provider:
            assert await provider.send(outbound()) == NotSent("connection_refused")


async def test_a_name_that_does_not_resolve_was_not_sent() -> None:
    async with running(settings_for("http://carrier.invalid", call_timeout_seconds=20)) as provider:
        assert await provider.send(outbound()) == NotSent("name_not_resolved")


async def test_two_hundred_at_once_share_the_pool_and_each_gets_its_own_answer() -> None:
    names = [f"SM{number:032x}" for number in range(200)]

    async with RawServer([created()]).serving() as server:
        server.manners = [*(created(name) for name in names), is_silent]
        async with running(settings_for(server.url, call_timeout_seconds=20)) as provider:
            outcomes = await asyncio.gather(*(provider.send(outbound(str(number))) for number in range(200)))
    by_body = {asked.form["Body"]: name for asked, name in zip(server.asked, names, strict=True)}
    assert [outcome.reference for outcome in outcomes if isinstance(outcome, Accepted)] == [
        by_body[str(number)] for number in range(200)
    ]


async def test_connections_are_reused() -> None:
    async with carrier(created()) as (server, provider):
        for _ in range(5):
            await provider.send(outbound())
    assert (len(server.asked), server.connections) == (5, 1)


async def test_nothing_logs_the_number_or_the_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with carrier(created(), page([])) as (server, provider):
        await provider.send(outbound())
        await provider.find(lookup())
    assert len(server.asked) == 2
    assert not [record for record in caplog.records if "7700900123" in record.getMessage()]
    assert "Picket" not in caplog.text


async def test_a_send_costs_little_processor_time() -> None:
    async with carrier(created(), call_timeout_seconds=20) as (_, provider):
        started = time.process_time()
        for _ in range(300):
            await provider.send(outbound())
        spent = (time.process_time() - started) / 300
    assert spent < 0.003, f"{spent * 1e3:.2f} ms a send, the test's own server included"


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
