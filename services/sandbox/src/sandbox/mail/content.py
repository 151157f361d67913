"""Reading a message: its headers, readable parts and links, and the delivery it belongs to."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.policy import default
from html.parser import HTMLParser
from typing import cast

_DELIVERY = re.compile(r"<?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})[@.](\d+)?")
_LINK = re.compile(r"https?://[^\s<>\"']+")
_HEADERS = BytesHeaderParser()


@dataclass(frozen=True, slots=True)
class Content:
    """A message's readable parts."""

    text: str
    html: str
    headers: dict[str, str]
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """A message's subject and id, and the delivery and attempt it belongs to, where they are known."""

    subject: str
    message_id: str
    delivery_id: str | None
    gen: int | None


def tracking_of(envid: str) -> tuple[str | None, int | None]:
    """Delivery id and attempt from an ENVID, where they are given."""
    found = _DELIVERY.match(envid)
    return (found[1], int(found[2]) if found[2] else None) if found else (None, None)


def identity(source: bytes, envid: str) -> Identity:
    """From Message-ID and X-Muster-Attempt, else from the ENVID."""
    headers = _HEADERS.parsebytes(source)
    message_id = _decoded(headers, "Message-ID")
    found = _DELIVERY.match(message_id.strip()) or _DELIVERY.match(envid)
    attempt = _decoded(headers, "X-Muster-Attempt").strip() or envid.rpartition(".")[2]
    return Identity(
        subject=_decoded(headers, "Subject"),
        message_id=message_id,
        delivery_id=found[1] if found else None,
        gen=int(attempt) if attempt.isdecimal() else None,
    )


def content_of(source: bytes) -> Content:
    """Take a message apart."""
    message = message_from_bytes(source, policy=default)
    text, html = _part(message.get_body(("plain",))), _part(message.get_body(("html",)))
    links = _LINK.findall(text) + _hrefs(html)
    headers = {name: str(value) for name, value in message.items()}
    return Content(text, html, headers, tuple(dict.fromkeys(links)))


class _Hrefs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def _hrefs(html: str) -> list[str]:
    parser = _Hrefs()
    parser.feed(html)
    return [link for link in parser.found if _LINK.fullmatch(link)]


def _part(part: Message | None) -> str:
    return str(cast(EmailMessage, part).get_content()) if part is not None else ""


def _decoded(headers: Message, name: str) -> str:
    value = str(headers.get(name, ""))
    return str(make_header(decode_header(value))) if "=?" in value else value
