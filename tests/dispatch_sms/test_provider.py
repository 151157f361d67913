"""What becomes of one attempt, against a real server that misbehaves in every way a carrier can."""

import asyncio
import logging
import socket
import time

import pytest
from dispatch.provider import Accepted, InDoubt, NotSent, Rejected
from dispatch_sms.domain.callbacks import CallbackMarks

from tests.dispatch_sms.carrier import (
    BRIEF,
    DELIVERY,
    PUBLIC,
    carrier,
    granted,
    lookup,
    outbound,
    outcome_of,
    running,
    settings_for,
)
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


async def test_a_message_goes_out_as_one_post_with_everything_twilio_needs() -> None:
    async with RawServer([created()]).serving() as server:
        settings = settings_for(server.url)
        async with running(settings) as provider:
            assert await provider.send(outbound("Llŷn: piced am chwech"), granted) == Accepted(REFERENCE, 1, "UCS-2")
    (asked,) = server.asked
    assert (asked.method, asked.target) == (
        "POST",
        f"/2010-04-01/Accounts/{settings.twilio_account_sid}/Messages.json",
    )
    mark = CallbackMarks(settings.link_secret.get_secret_value()).mark(DELIVERY, 3)
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
        await provider.send(outbound(sender="", valid_for=100_000), granted)
        await provider.send(outbound(valid_for=0), granted)
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
    outcome, server = await outcome_of(answer)
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
    outcome, server = await outcome_of(says(status, {"code": code, "status": status}))
    of_sender = code == 21611
    assert outcome == NotSent(why, wait, lower_rate=everybody, alarm=status != 429, of_sender=of_sender)
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
        pytest.param(dribbles('{"sid": "' + REFERENCE + '"}', 0.5), id="dribbling"),
    ],
)
async def test_whatever_proves_nothing_is_in_doubt_after_a_single_post(manner: Manner) -> None:
    outcome, server = await outcome_of(manner, **BRIEF)
    assert isinstance(outcome, InDoubt)
    assert len(server.asked) == 1


async def test_the_total_timeout_lies_below_the_librarys_own() -> None:
    started = time.monotonic()
    outcome, _ = await outcome_of(is_silent, **BRIEF)
    assert outcome == InDoubt("timeout")
    assert time.monotonic() - started < 10.0


async def test_a_refused_connection_was_not_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with running(settings_for(f"http://localhost:{taken.getsockname()[1]}")) as provider:
            assert await provider.send(outbound(), granted) == NotSent("connection_refused", retry_after=20.0)


async def test_a_name_that_does_not_resolve_was_not_sent() -> None:
    async with running(settings_for("http://carrier.invalid")) as provider:
        assert await provider.send(outbound(), granted) == NotSent("name_not_resolved", retry_after=20.0)


async def test_a_connection_that_never_stood_was_not_sent() -> None:
    """The queue of those who wait to be let in is full: no answer to a greeting, as from behind a dead route."""
    with socket.socket() as busy, socket.socket() as first, socket.socket() as second:
        busy.bind(("127.0.0.1", 0))
        busy.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(busy.getsockname())
        async with running(settings_for(f"http://127.0.0.1:{busy.getsockname()[1]}", **BRIEF)) as provider:
            assert await provider.send(outbound(), granted) == NotSent("not_connected", retry_after=20.0)


async def test_a_server_that_speaks_no_tls_was_not_sent_anything() -> None:
    server = RawServer([created()])
    async with server.serving(), running(settings_for(server.url.replace("http:", "https:"))) as provider:
        assert await provider.send(outbound(), granted) == NotSent("not_connected", retry_after=20.0)


async def test_two_hundred_at_once_share_the_pool_and_each_gets_its_own_answer() -> None:
    names = [f"SM{number:032x}" for number in range(200)]

    async with RawServer([created()]).serving() as server:
        server.manners = [*(created(name) for name in names), is_silent]
        async with running(settings_for(server.url)) as provider:
            outcomes = await asyncio.gather(*(provider.send(outbound(str(number)), granted) for number in range(200)))
    by_body = {asked.form["Body"]: name for asked, name in zip(server.asked, names, strict=True)}
    assert [outcome.reference for outcome in outcomes if isinstance(outcome, Accepted)] == [
        by_body[str(number)] for number in range(200)
    ]


async def test_connections_are_reused() -> None:
    async with carrier(created()) as (server, provider):
        for _ in range(5):
            await provider.send(outbound(), granted)
    assert (len(server.asked), server.connections) == (5, 1)


async def test_nothing_logs_the_number_or_the_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with carrier(created(), page([])) as (server, provider):
        await provider.send(outbound(), granted)
        await provider.find(lookup())
    assert len(server.asked) == 2
    assert not [record for record in caplog.records if "7700900123" in record.getMessage()]
    assert "Picket" not in caplog.text
