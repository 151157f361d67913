"""A message as a member's mail program reads it, and its signatures as a receiver checks them."""

from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from dispatch_email.domain.signing_key import load
from dispatch_email.provider.message import Unsendable, build, mailbox
from dispatch_email.provider.signing import Signer, signed
from hypothesis import given
from hypothesis import strategies as st

from tests.dispatch_email.keys import SigningKeys, pem
from tests.dispatch_email.letters import LINK, NOON, outbound

LONG = "A subject with many words about the ballot that opens on Monday for every one of us, " * 3


def raw(**changes: Any) -> bytes:
    message = outbound(**changes)
    return build(message, to=message.to, sender=message.sender, domain="mail.union.example", at=NOON)


def parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_message_names_its_delivery_its_attempt_and_the_way_out() -> None:
    sent = outbound(gen=2)
    content = build(sent, to=sent.to, sender=sent.sender, domain="mail.union.example", at=NOON)
    message = parsed(content)
    assert message["Message-ID"] == f"<{sent.delivery_id}@mail.union.example>"
    assert message["X-Muster-Attempt"] == "2"
    assert message["From"] == "The Union <news@union.example>"
    assert message["To"] == "member@branch.example"
    assert message["Date"] == "Wed, 04 Mar 2026 12:00:00 +0000"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"List-Unsubscribe: <{LINK}>\r\n".encode() in content


def test_text_and_html_stand_side_by_side() -> None:
    message = parsed(raw(text="plain words\n", html="<p>rich words</p>"))
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert (text_of(message).strip(), text_of(message, "html").strip()) == ("plain words", "<p>rich words</p>")


def test_no_html_makes_a_plain_message() -> None:
    assert parsed(raw()).get_content_type() == "text/plain"


@pytest.mark.parametrize("field", ["subject", "display_name", "language"])
@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\x00", "\u2028", "\x0b", "\x85"])
def test_a_line_break_in_a_header_starts_no_second_one(field: str, break_: str) -> None:
    content = raw(**{field: f"News{break_}Bcc: everybody@x.example{break_}{break_}body"})
    message = parsed(content)
    assert "Bcc" not in message
    assert b"\r\nBcc" not in content
    assert text_of(message).startswith("Dear member")


@pytest.mark.parametrize("subject", [LONG, "Pleidlais — Pŵer i'r Undeb! " * 8, "Élections 🗳 " * 20, "x" * 300])
def test_a_long_or_foreign_subject_arrives_whole(subject: str) -> None:
    content = raw(subject=subject)
    assert parsed(content)["Subject"] == " ".join(subject.split())
    head = content.split(b"\r\n\r\n")[0]
    assert head.isascii()
    encoded = [word for line in head.splitlines() for word in line.split() if word.startswith(b"=?")]
    assert all(len(word) <= 75 for word in encoded)


@pytest.mark.parametrize(
    "name",
    ["Undeb y Gweithwyr, Caerdydd", 'The "Real" Union', "Pŵer <root@x.example>", ""],
)
def test_a_display_name_never_becomes_a_second_address(name: str) -> None:
    (address,) = parsed(raw(display_name=name))["From"].addresses
    assert (address.display_name, address.addr_spec) == (name, "news@union.example")


@pytest.mark.parametrize(
    "name",
    [
        "Pŵer i'r Undeb, " * 8 + "Cymru",
        f"Union of Everybody, {'Branch ' * 10}South",
        f"Branch <root@x.example>, {'x' * 80}",
        '"' * 75,
        "y" * 300,
    ],
)
def test_a_long_display_name_arrives_whole_and_is_one_mailbox(name: str) -> None:
    """The standard library's parser leaves a blank between encoded words of a name; RFC 2047 does not."""
    content = raw(display_name=name)
    assert [address.addr_spec for address in parsed(content)["From"].addresses] == ["news@union.example"]
    assert len(getaddresses([str(message_from_bytes(content)["From"])])) == 1
    read = str(make_header(decode_header(str(message_from_bytes(content)["From"]))))
    assert read == f"{name} <news@union.example>"


@pytest.mark.parametrize(
    ("address", "sent_to"),
    [
        ("ada@straße.de", "ada@xn--strae-oqa.de"),
        ("ada@STRASSE.de", "ada@STRASSE.de"),
        ("ada@Bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@xn--strae-oqa.de", "ada@xn--strae-oqa.de"),
    ],
)
def test_an_international_domain_is_written_to_by_its_own_name(address: str, sent_to: str) -> None:
    """IDNA 2003 turned the first into the second."""
    assert mailbox(address) == sent_to


@pytest.mark.parametrize("field", ["to", "sender"])
def test_a_line_break_inside_an_address_starts_no_header(field: str) -> None:
    address = "=?utf-8?q?a=0D=0ABcc=3A_x=40y.example?=@x.example"
    content = raw(**{field: mailbox(address)})
    assert b"\nBcc" not in content
    assert content.count(address.encode()) == 1


@pytest.mark.parametrize("field", ["subject", "display_name"])
def test_a_line_break_inside_an_encoded_word_starts_no_header(field: str) -> None:
    content = raw(**{field: "=?utf-8?q?News=0D=0ABcc:_everybody@x.example?= =?utf-8?b?DQpCY2M6IHg=?="})
    assert "Bcc" not in parsed(content)
    assert b"\nBcc" not in content


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=3000))
def test_any_text_arrives_in_seven_bits_and_short_lines(text: str) -> None:
    content = raw(text=text)
    assert content.isascii()
    assert b"\r\n" in content
    assert content.replace(b"\r\n", b"").find(b"\n") == -1
    assert content.replace(b"\r\n", b"").find(b"\r") == -1
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert text_of(parsed(content)).split() == text.split()


def test_half_a_character_is_refused_not_mangled() -> None:
    with pytest.raises(Unsendable):
        raw(text="broken \ud800")


@pytest.mark.parametrize(
    ("given_address", "taken"),
    [
        ("Member.Name+union@Branch.Example", "Member.Name+union@Branch.Example"),
        ("gwen@undeb-pŵer.example", "gwen@xn--undeb-per-xkc.example"),
    ],
)
def test_a_mailbox_keeps_its_case_and_an_international_domain_turns_ascii(given_address: str, taken: str) -> None:
    assert mailbox(given_address).startswith(taken.split("@")[0])
    assert mailbox(given_address).isascii()
    if given_address.isascii():
        assert mailbox(given_address) == taken


async def test_both_signatures_hold_and_cover_the_way_out(signing_keys: SigningKeys) -> None:
    signer = Signer(signing_keys.loaded("rsa", "ed25519"), processes=1)
    try:
        content = await signer.sign(raw(html="<p>Pŵer</p>", text=".dot\nPŵer\n"))
    finally:
        signer.close()
    signatures = parsed(content).get_all("DKIM-Signature")
    assert signatures is not None
    assert len(signatures) == 2
    assert signing_keys.hold(content, 0)
    assert signing_keys.hold(content, 1)
    for signature in signatures:
        (named,) = [tag for tag in "".join(signature.split()).split(";") if tag.startswith("h=")]
        assert {"list-unsubscribe", "list-unsubscribe-post", "from", "message-id"} <= set(named[2:].split(":"))


@pytest.mark.parametrize("name", ["rsa", "ed25519"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"/unsubscribe/", b"/elsewhere/"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Never"),
        (b"Subject: ", b"Subject: Re: "),
        (b"the ballot opens", b"the ballot closes"),
        (b"\r\nTo: ", b"\r\nFrom: boss@employer.example\r\nTo: "),
    ],
)
def test_whatever_is_changed_on_the_way_breaks_the_signature(
    signing_keys: SigningKeys, name: str, old: bytes, new: bytes
) -> None:
    content = signed(signing_keys.loaded(name), raw())
    assert content.count(old) >= 1
    assert signing_keys.hold(content, 0)
    assert not signing_keys.hold(content.replace(old, new))


async def test_without_a_key_a_message_goes_unsigned() -> None:
    content = raw()
    assert await Signer((), processes=1).sign(content) == content


@pytest.mark.parametrize("bad", ["", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
def test_a_key_that_cannot_be_read_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="PEM"):
        load(bad, domain="x.example", selector="a")


def test_a_key_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="neither"):
        load(pem(ec.generate_private_key(ec.SECP256R1())), domain="x.example", selector="a")
