"""Who has to wait for what a mail server says, and for how long: one message, one sender, or everybody."""

import ssl

import pytest
from dispatch.provider import Accepted, NotSent, Rejected

from tests.dispatch_email.hostile import Hostile
from tests.dispatch_email.letters import granted, outbound
from tests.dispatch_email.way import mail, sent


async def test_the_second_try_waits_twice_as_long() -> None:
    outcome = await sent(Hostile(script={"rcpt": [b"450 4.2.0 grey"]}), outbound(gen=2))
    assert isinstance(outcome, NotSent)
    assert outcome.retry_after == 120


async def test_a_busy_server_lowers_the_rate_and_a_full_mailbox_does_not() -> None:
    busy = await sent(Hostile(script={"mail": [b"421 4.3.2 busy"]}))
    full = await sent(Hostile(script={"rcpt": [b"452 4.2.2 full"]}))
    assert isinstance(busy, NotSent)
    assert isinstance(full, NotSent)
    assert (busy.lower_rate, full.lower_rate) == (True, False)


@pytest.mark.parametrize(("greeting", "slower"), [(b"421 4.3.2 too many", True), (b"554 no service here", False)])
async def test_a_greeting_that_sends_us_away_is_held_against_nobody(greeting: bytes, slower: bool) -> None:
    outcome = await sent(Hostile(script={"connect": [greeting]}))
    assert outcome == NotSent("smtp_SMTPConnectResponseError", retry_after=5, lower_rate=slower, alarm=not slower)


@pytest.mark.parametrize(
    "reply", [b"550 5.1.1 unknown", b"550 no", b"553 5.1.3 bad", b"554 5.7.1 spam", b"556 5.1.10 null mx", b"554 no"]
)
async def test_a_sender_that_is_refused_is_our_own_fault_whatever_is_said(reply: bytes) -> None:
    """The server knows no recipient yet."""
    outcome = await sent(Hostile(script={"mail": [reply]}))
    assert isinstance(outcome, NotSent)
    assert (outcome.retry_after, outcome.alarm, outcome.lower_rate) == (60, True, False)


async def test_a_server_that_does_not_greet_us_refuses_no_member() -> None:
    outcome = await sent(Hostile(script={"ehlo": [b"550 5.7.1 go away"] * 2}))
    assert isinstance(outcome, NotSent)


@pytest.mark.parametrize("stage", ["rcpt", "data", "dot"])
async def test_words_that_name_only_our_address_blame_us(stage: str) -> None:
    ours = await sent(Hostile(script={stage: [b"550 5.7.1 <NEWS@union.example>: not today"]}))
    both = await sent(Hostile(script={stage: [b"550 5.7.1 news@union.example to member@branch.example: not today"]}))
    assert isinstance(ours, NotSent)
    assert ours.alarm
    assert both == Rejected("5.7.1", "smtp_550")


@pytest.mark.parametrize("reply", [b"552 5.3.4 too large", b"552 5.2.3 too large for this mailbox"])
async def test_a_message_too_large_is_refused_though_the_sender_is_answered(reply: bytes) -> None:
    outcome = await sent(Hostile(script={"mail": [reply]}))
    assert isinstance(outcome, Rejected)
    assert not outcome.address_bad


async def test_a_refusal_without_a_reason_is_ours_once_it_meets_everybody_until_somebody_gets_through() -> None:
    server = Hostile(script={"dot": [b"554 5.7.1 not wanted"] * 7 + [b"250 OK", b"554 5.7.1 not wanted"]})
    async with mail(server, smtp_connections=1) as way:
        outcomes = [await way.send(outbound(), granted) for _ in range(9)]
    assert [type(outcome) for outcome in outcomes] == [*[Rejected] * 5, NotSent, NotSent, Accepted, Rejected]
    assert [outcome.alarm for outcome in outcomes if isinstance(outcome, NotSent)] == [True, True]


async def test_addresses_that_do_not_exist_are_refused_however_many_there_are() -> None:
    server = Hostile(script={"rcpt": [b"550 5.1.1 unknown"] * 8})
    async with mail(server, smtp_connections=1) as way:
        outcomes = [await way.send(outbound(), granted) for _ in range(8)]
    assert outcomes == [Rejected("5.1.1", "smtp_550", address_bad=True)] * 8


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(
    "reply", [b"530 5.7.0 log in", b"535 5.7.8 no", b"554 5.7.1 <member@branch.example>: Relay access denied"]
)
async def test_what_is_our_own_fault_waits_with_an_alarm_and_is_held_against_nobody(stage: str, reply: bytes) -> None:
    server = Hostile(script={stage: [reply]})
    async with mail(server, smtp_connections=1) as way:
        outcome = await way.send(outbound(gen=2), granted)
        assert isinstance(outcome, NotSent)
        assert (outcome.retry_after, outcome.alarm) == (120, True)
        assert "branch.example" not in outcome.why
        assert isinstance(await way.send(outbound(), granted), Accepted)
    assert server.connections == 2


async def test_what_is_wrong_with_one_sender_holds_up_no_other() -> None:
    """Decision 0013: the others go on."""
    outcome = await sent(Hostile(script={"mail": [b"550 5.7.23 SPF says no"]}))
    assert isinstance(outcome, NotSent)
    assert (outcome.alarm, outcome.lower_rate) == (True, False)


@pytest.mark.parametrize("reply", [b"451 4.3.2 later", b"550 5.7.8 no login"])
async def test_how_often_one_message_was_put_off_does_not_lengthen_the_pause_of_all(reply: bytes) -> None:
    server = Hostile(script={"mail": [reply]})
    async with mail(server) as way:
        outcome = await way.send(outbound(gen=9), granted)
    assert isinstance(outcome, NotSent)
    assert (outcome.lower_rate, outcome.retry_after, outcome.pause) == (True, 1800, 60)


async def test_a_refused_login_is_our_own_fault(certificate: ssl.SSLContext, authority: str) -> None:
    extensions = b"250-localhost\r\n250-AUTH PLAIN\r\n250 STARTTLS"
    server = Hostile(script={"auth": [b"535 5.7.8 no"]}, extensions=extensions, tls=certificate)
    changes = {"smtp_host": "localhost", "smtp_ca_file": authority, "smtp_username": "muster", "smtp_password": "pass"}
    outcome = await sent(server, smtp_tls="required", **changes)
    assert outcome == NotSent("smtp_5.7.8", retry_after=60, lower_rate=True, pause=60, alarm=True)


@pytest.mark.parametrize("sender", ["siân@undeb.example", "x" * 65 + "@union.example"])
async def test_a_sender_that_no_server_takes_waits_and_no_members_address_bears_it(sender: str) -> None:
    server = Hostile()
    outcome = await sent(server, outbound(sender=sender))
    assert isinstance(outcome, NotSent)
    assert (outcome.alarm, outcome.why[:7], server.connections) == (True, "sender_", 0)
