"""Replies, return paths and waits; no loop, no server."""

from uuid import UUID, uuid4

import pytest
from dispatch_email.domain.replies import Meaning, Reply
from dispatch_email.domain.return_path import Attempt, ReturnPaths
from dispatch_email.provider.connection import xtext
from hypothesis import given
from hypothesis import strategies as st

PATHS = ReturnPaths(b"s" * 32, "Mail.Union.Example")


@pytest.mark.parametrize(
    ("code", "text", "meaning", "status"),
    [
        (550, "5.1.1 unknown", Meaning.REFUSED, "5.1.1"),
        (550, "unknown 5.1.1", Meaning.REFUSED, "550"),
        (450, "4.7.1 greylisted", Meaning.WAIT, "4.7.1"),
        (421, "4.3.2 closing", Meaning.MEND, "4.3.2"),
        (503, "5.5.1 bad sequence", Meaning.MEND, "5.5.1"),
        (530, "5.7.0 authenticate", Meaning.OURS, "5.7.0"),
        (535, "5.7.8 wrong password", Meaning.OURS, "5.7.8"),
        (454, "4.7.0 temporary authentication failure", Meaning.WAIT, "4.7.0"),
        (554, "5.7.1 <nia@x.example>: Relay access denied", Meaning.OURS, "5.7.1"),
        (550, "5.7.54 SMTP; Unable to relay recipient in non-accepted domain", Meaning.OURS, "5.7.54"),
        (550, "relay not permitted", Meaning.OURS, "550"),
        (550, "5.7.1 Relaying denied", Meaning.OURS, "5.7.1"),
        (550, "5.7.1 looks like spam", Meaning.REFUSED, "5.7.1"),
        (550, "5.7.26 neither SPF nor DKIM passed", Meaning.OURS, "5.7.26"),
        (550, "5.1.8 sender's domain is unknown", Meaning.OURS, "5.1.8"),
        (450, "4.7.1 relay access denied", Meaning.WAIT, "4.7.1"),
        (250, "2.0.0 OK", Meaning.MEND, "2.0.0"),
        (354, "go ahead", Meaning.MEND, "354"),
        (-1, "Malformed", Meaning.MEND, "-1"),
        (600, "what", Meaning.MEND, "600"),
    ],
)
def test_a_reply_says_what_to_do(code: int, text: str, meaning: Meaning, status: str) -> None:
    reply = Reply(code, text)
    assert (reply.meaning, reply.status) == (meaning, status)


@pytest.mark.parametrize(
    "text",
    [
        "5.7.60 SMTP; Client does not have permissions to send as this sender",
        "5.7.1 Client does not have permissions to send as this sender",
        "5.7.1 <news@union.example>: Sender address rejected: not owned by user muster",
        "Message rejected: Email address is not verified. The following identities failed the check",
        "sender not verified",
        "Message rejected: Sending suspended for this account. For more information, please check the inbox",
        "5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org",
        "5.7.1 Client host rejected: cannot find your hostname, [192.0.2.7]",
        "Verification failed for <bounces+x@mail.union.example>\nUnrouteable address\nSender verify failed",
        "5.4.5 Daily user sending limit exceeded",
        "5.7.0 Your account has been temporarily disabled",
        "Domain union.example is not allowed to send: DKIM is not configured",
        "5.5.1 Authentication required",
        "5.7.1 Command rejected: Must issue a STARTTLS command first",
        "5.7.0 Your IP has sent too many messages; slow down",
    ],
)
def test_what_is_our_own_fault_is_never_the_members(text: str) -> None:
    reply = Reply(554, text)
    assert (reply.meaning, reply.address_bad) == (Meaning.OURS, False)


@pytest.mark.parametrize(
    ("code", "text", "slower"),
    [
        (454, "4.7.0 Temporary authentication failure", True),
        (454, "Throttling failure: Maximum sending rate exceeded.", True),
        (421, "4.7.0 Try again later, closing connection", True),
        (421, "too many connections from your host", True),
        (421, "", True),
        (451, "4.7.500 Server busy. Please try again later from [192.0.2.7]", True),
        (451, "4.3.2 System not accepting messages", True),
        (450, "4.7.1 <nia@x.example>: Recipient address rejected: Greylisted, try again in 300 seconds", False),
        (450, "4.2.1 The user is receiving mail at a rate that prevents additional messages", False),
        (452, "4.2.2 Mailbox full", False),
        (450, "4.1.8 Sender address rejected: Domain not found", False),
    ],
)
def test_only_what_is_said_of_our_pace_lowers_the_rate(code: int, text: str, slower: bool) -> None:
    reply = Reply(code, text)
    assert (reply.too_fast or (reply.ours and reply.of_everybody)) is slower
    assert reply.meaning in {Meaning.WAIT, Meaning.MEND}


@pytest.mark.parametrize(
    "text", ["No such user here", "5.0.0 User unknown", "5.2.1 The email account that you tried to reach is disabled"]
)
def test_words_mark_an_address_where_the_status_says_little(text: str) -> None:
    assert Reply(550, text).address_bad


@pytest.mark.parametrize(("status", "bad"), [("5.1.1", True), ("5.2.2", False), ("5.7.1", False), ("4.1.1", False)])
def test_only_a_fault_of_the_address_marks_it(status: str, bad: bool) -> None:
    assert Reply(550, f"{status} words").address_bad is bad


@given(st.uuids(), st.integers(min_value=1, max_value=999_999))
def test_a_return_path_comes_back_and_fits_a_mailbox(delivery_id: UUID, gen: int) -> None:
    attempt = Attempt(delivery_id, gen)
    address = PATHS.of(attempt)
    assert PATHS.attempt(address) == attempt
    assert PATHS.attempt(f"<{address.upper()}>") == attempt
    assert len(address.split("@")[0]) <= 64
    assert PATHS.takes(address)


def test_a_changed_return_path_names_nothing() -> None:
    attempt = Attempt(uuid4(), 1)
    address = PATHS.of(attempt)
    token, _, domain = address.partition("@")
    identity, gen, mac = token.removeprefix("bounces+").split(".")
    other = uuid4().hex
    for forged in (
        f"bounces+{other}.{gen}.{mac}@{domain}",
        f"bounces+{identity}.2.{mac}@{domain}",
        f"bounces+{identity}.{gen}.{'0' * 16}@{domain}",
        f"bounces+{identity}.{gen}.{mac[:-1]}@{domain}",
        f"bounces+{identity}.{gen}.{mac}@elsewhere.example",
        f"bounces@{domain}",
        f"bounces+{attempt.envelope_id}@{domain}",
        "",
    ):
        assert PATHS.attempt(forged) is None
    assert ReturnPaths(b"t" * 32, "mail.union.example").attempt(address) is None


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("bounces@mail.union.example", True),
        ("BOUNCES+x@MAIL.UNION.EXAMPLE", True),
        ("bouncesx@mail.union.example", False),
        ("bounces@mail.union.example.evil.example", False),
        ("anybody@mail.union.example", False),
        ("bounces", False),
    ],
)
def test_only_the_return_path_is_taken_in(address: str, taken: bool) -> None:
    assert PATHS.takes(address) is taken


def test_xtext_hides_what_an_option_cannot_hold() -> None:
    assert xtext("a+b=c d@x.example") == "a+2Bb+3Dc+20d@x.example"
