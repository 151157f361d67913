"""The way out over real SMTP, against a server that breaks off wherever it can."""

import asyncio
import ssl

import pytest
from dispatch.provider import Accepted, InDoubt, NotSent, Outcome, Rejected
from dispatch_email.domain.return_path import Attempt
from dispatch_email.provider.mail import Mail

from tests.dispatch_email.hostile import CLOSE, SILENCE, Hostile
from tests.dispatch_email.keys import SigningKeys
from tests.dispatch_email.letters import NOON, granted, outbound, settings
from tests.dispatch_email.way import mail, sent
from tests.support.facts import eventually


async def test_a_message_goes_with_its_return_path_and_envelope_id() -> None:
    server, message = Hostile(), outbound(gen=3)
    async with mail(server) as way:
        assert await way.send(message, granted) == Accepted(reference=f"{message.delivery_id}.3")
        (line,) = server.said("MAIL")
        path = line.removeprefix("MAIL FROM:").split(" ")[0]
        assert way._return_paths.attempt(path) == Attempt(message.delivery_id, 3)
    assert f"RET=HDRS ENVID={message.delivery_id}.3" in line
    assert server.said("RCPT") == ["RCPT TO:<member@branch.example> NOTIFY=FAILURE ORCPT=rfc822;member@branch.example"]
    assert b"X-Muster-Attempt: 3\r\n" in server.bodies[0]


async def test_reports_are_only_asked_for_where_they_are_offered() -> None:
    server = Hostile(extensions=b"250 hostile.example")
    assert isinstance(await sent(server), Accepted)
    assert "ENVID" not in server.said("MAIL")[0]
    assert server.said("RCPT") == ["RCPT TO:<member@branch.example>"]


@pytest.mark.parametrize("stage", ["connect", "ehlo", "mail", "rcpt", "data"])
async def test_hanging_up_before_the_dot_means_not_sent(stage: str) -> None:
    assert isinstance(await sent(Hostile(script={stage: [CLOSE]})), NotSent)


@pytest.mark.parametrize("stage", ["connect", "mail", "rcpt", "data"])
async def test_silence_before_the_dot_means_not_sent(stage: str) -> None:
    server = Hostile(script={stage: [SILENCE]})
    assert isinstance(await sent(server, smtp_timeout_seconds=0.2), NotSent)
    assert server.bodies == []


async def test_hanging_up_in_mid_body_means_not_sent() -> None:
    server = Hostile(body_bytes=1000, extensions=b"250 hostile.example")
    outcome = await sent(server, outbound(text="the ballot opens on Monday\n" * 500_000), smtp_offer_seconds=20)
    assert isinstance(outcome, NotSent)
    assert server.bodies == []


@pytest.mark.parametrize("answer", [CLOSE, SILENCE, b"354 what", b"nonsense", b"199 well"])
async def test_a_written_dot_without_an_answer_is_in_doubt(answer: bytes) -> None:
    server = Hostile(script={"dot": [answer]})
    patience = 0.5 if answer is SILENCE else 20.0
    assert isinstance(await sent(server, smtp_answer_seconds=patience), InDoubt)
    assert len(server.bodies) == 1


@pytest.mark.parametrize(("stage", "outcome"), [("connect", NotSent), ("rcpt", NotSent), ("dot", InDoubt)])
async def test_a_stop_is_in_doubt_only_behind_the_dot(stage: str, outcome: type[Outcome]) -> None:
    server = Hostile(script={stage: [SILENCE]})
    async with mail(server, smtp_timeout_seconds=20, smtp_answer_seconds=20, smtp_offer_seconds=20) as way:
        sending = asyncio.create_task(way.send(outbound(), granted))
        await eventually(lambda: server.silent)
        sending.cancel()
        assert isinstance(await sending, outcome)


async def test_a_stop_while_a_message_is_signed_is_no_doubt(signing_keys: SigningKeys) -> None:
    server = Hostile()
    async with mail(server, **signing_keys.settings) as way:
        sending = asyncio.create_task(way.send(outbound(), granted))
        await asyncio.sleep(0)
        sending.cancel()
        assert isinstance(await sending, NotSent)
    assert server.connections == 0


async def test_hanging_up_after_the_answer_leaves_it_accepted() -> None:
    server = Hostile(after_dot=True)
    async with mail(server) as way:
        outcomes = [await way.send(outbound(), granted) for _ in range(3)]
    assert all(isinstance(outcome, (Accepted, NotSent)) for outcome in outcomes)
    assert len([outcome for outcome in outcomes if isinstance(outcome, Accepted)]) == len(server.bodies)
    assert isinstance(outcomes[0], Accepted)


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize("code", [421, 450, 451, 452])
async def test_a_4xx_anywhere_waits(stage: str, code: int) -> None:
    outcome = await sent(Hostile(script={stage: [b"%d 4.3.0 later" % code]}))
    assert isinstance(outcome, NotSent)
    assert outcome.retry_after == (5 if code == 421 else 60)


@pytest.mark.parametrize("stage", ["rcpt", "data", "dot"])
@pytest.mark.parametrize(
    ("reply", "code", "bad"),
    [
        (b"550 5.1.1 <member@branch.example> unknown", "5.1.1", True),
        (b"550-5.1.1 The account\r\n550 5.1.1 is unknown", "5.1.1", True),
        (b"550 no", "550", False),
        (b"552 5.2.2 mailbox full", "5.2.2", False),
        (b"554 5.7.1 spam", "5.7.1", False),
        (b"556 5.1.10 null mx", "5.1.10", True),
    ],
)
async def test_a_5xx_once_the_recipient_is_known_is_refused_for_good(
    stage: str, reply: bytes, code: str, bad: bool
) -> None:
    outcome = await sent(Hostile(script={stage: [reply]}))
    assert outcome == Rejected(code, f"smtp_{reply[:3].decode()}", address_bad=bad)


async def test_a_server_that_quarrels_with_the_session_gets_another_connection() -> None:
    server = Hostile(script={"mail": [b"503 5.5.1 out of order"]})
    async with mail(server) as way:
        assert isinstance(await way.send(outbound(), granted), NotSent)
        assert isinstance(await way.send(outbound(), granted), Accepted)
    assert server.connections == 2


async def test_one_connection_carries_many_messages_and_is_then_replaced() -> None:
    server = Hostile()
    async with mail(server, smtp_connections=1, smtp_messages_per_connection=4) as way:
        for _ in range(10):
            assert isinstance(await way.send(outbound(), granted), Accepted)
    assert server.connections == 3
    assert len(server.said("EHLO")) == 3
    assert len(server.said("QUIT")) == 3
    assert all(line.count("@") == 1 for line in server.said("MAIL"))


async def test_a_refused_recipient_leaves_the_connection_of_use() -> None:
    server = Hostile(script={"rcpt": [b"550 5.1.1 unknown", b"450 4.2.0 later"]})
    async with mail(server, smtp_connections=1) as way:
        outcomes = [await way.send(outbound(), granted) for _ in range(3)]
    assert [type(outcome) for outcome in outcomes] == [Rejected, NotSent, Accepted]
    assert (server.connections, len(server.said("RSET"))) == (1, 2)


async def test_answers_nobody_asked_for_never_pass_for_an_acceptance() -> None:
    server = Hostile(script={"rcpt": [b"250 OK\r\n250 OK\r\n354 go\r\n250 queued"]})
    async with mail(server, smtp_connections=1) as way:
        assert isinstance(await way.send(outbound(), granted), NotSent)
        assert isinstance(await way.send(outbound(), granted), Accepted)
    assert (server.connections, len(server.bodies)) == (2, 1)


async def test_an_acceptance_followed_by_more_words_costs_the_connection() -> None:
    server = Hostile(script={"dot": [b"250 queued\r\n250 queued"]})
    async with mail(server, smtp_connections=1) as way:
        assert isinstance(await way.send(outbound(), granted), Accepted)
        assert isinstance(await way.send(outbound(), granted), Accepted)
    assert server.connections == 2


async def test_a_message_over_the_servers_limit_is_never_offered() -> None:
    server = Hostile(extensions=b"250-hostile.example\r\n250 SIZE 500")
    outcome = await sent(server, outbound(text="long " * 500))
    assert outcome == Rejected("5.3.4", "smtp_552")
    assert server.said("MAIL") == []


async def test_a_server_without_starttls_is_refused_where_tls_is_required() -> None:
    server = Hostile()
    assert isinstance(await sent(server, smtp_tls="required"), NotSent)
    assert server.said("MAIL") == []


async def test_an_unknown_certificate_is_refused_where_tls_is_required(certificate: ssl.SSLContext) -> None:
    server = Hostile(extensions=b"250-hostile.example\r\n250 STARTTLS", tls=certificate)
    assert isinstance(await sent(server, smtp_tls="required"), NotSent)
    assert server.said("MAIL") == []


async def test_a_known_certificate_carries_the_login_and_the_message(
    certificate: ssl.SSLContext, authority: str
) -> None:
    server = Hostile(extensions=b"250-localhost\r\n250-AUTH PLAIN\r\n250 STARTTLS", tls=certificate)
    changes = {"smtp_host": "localhost", "smtp_ca_file": authority, "smtp_username": "muster", "smtp_password": "pass"}
    assert isinstance(await sent(server, smtp_tls="required", **changes), Accepted)
    assert [line.split(" ")[0] for line in server.lines[:4]] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


async def test_opportunistic_tls_takes_what_is_offered_and_goes_on_without(certificate: ssl.SSLContext) -> None:
    offering = Hostile(extensions=b"250-hostile.example\r\n250 STARTTLS", tls=certificate)
    assert isinstance(await sent(offering, smtp_tls="opportunistic"), Accepted)
    assert len(offering.said("STARTTLS")) == 1
    assert isinstance(await sent(Hostile(), smtp_tls="opportunistic"), Accepted)


async def test_nobody_listening_means_not_sent() -> None:
    way = Mail(settings(port=9), lambda: NOON)
    assert isinstance(await way.send(outbound(), granted), NotSent)
    await way.close()


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("nobody", "5.1.3"),
        ("two words@x.example", "5.1.3"),
        ("a@b@c.example", "5.1.3"),
        ("", "5.1.3"),
        ("a@x.example> NOTIFY=NEVER", "5.1.3"),
        ("a@x.example\r\nRCPT TO:<b@x.example>", "5.1.3"),
        ("gŵen@x.example", "5.6.7"),
    ],
)
async def test_an_address_no_server_takes_is_refused_before_any_word(address: str, code: str) -> None:
    server = Hostile()
    outcome = await sent(server, outbound(to=address))
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.address_bad) == (code, True)
    assert server.connections == 0


async def test_leading_dots_arrive_as_they_were_written() -> None:
    server = Hostile()
    assert isinstance(await sent(server, outbound(text=".one\n..two\n.\nthree\n")), Accepted)
    assert server.bodies[0].endswith(b"\r\n\r\n..one\r\n...two\r\n..\r\nthree\r\n")
