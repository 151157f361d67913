"""Mails the server took: light entries in memory, sources in the journal."""

import re
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.policy import default
from html.parser import HTMLParser
from typing import cast

from sandbox.journal import Line, Place, moment_of

_DELIVERY = re.compile(r"<?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})[@.](\d+)?")
_LINK = re.compile(r"https?://[^\s<>\"']+")
_HEADERS = BytesHeaderParser()


@dataclass(slots=True)
class Mail:
    """One accepted mail to one recipient."""

    reference: str
    to: str
    sender: str
    subject: str
    message_id: str
    envid: str
    delivery_id: str | None
    gen: int | None
    created: float
    place: Place
    bounced: str = ""
    """What came back later: the kind, once it was made."""

    @property
    def source(self) -> bytes:
        """The whole message as it came; read from the journal."""
        return cast(str, self.place.read()["source"]).encode("latin-1")


@dataclass(frozen=True, slots=True)
class Opened:
    """A mail's readable parts."""

    text: str
    html: str
    headers: dict[str, str]
    links: tuple[str, ...]


def new_reference() -> str:
    """The queue id that the server names in its 250."""
    return uuid.uuid4().hex[:20].upper()


def tracked(envid: str) -> tuple[str | None, int | None]:
    """Delivery id and attempt out of an envelope's id, if they are there."""
    found = _DELIVERY.match(envid)
    return (found[1], int(found[2]) if found[2] else None) if found else (None, None)


def headline(source: bytes, envid: str) -> Line:
    """What the journal says of a message: its subject, its id, and the delivery and attempt it belongs to."""
    headers = _HEADERS.parsebytes(source)
    message_id = _plain(headers, "Message-ID")
    found = _DELIVERY.match(message_id.strip()) or _DELIVERY.match(envid)
    attempt = _plain(headers, "X-Muster-Attempt").strip() or envid.rpartition(".")[2]
    return {
        "subject": _plain(headers, "Subject"),
        "message_id": message_id,
        "delivery_id": found[1] if found else None,
        "gen": int(attempt) if attempt.isdecimal() else None,
    }


def opened(source: bytes) -> Opened:
    """Take a message apart."""
    message = message_from_bytes(source, policy=default)
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    text, html = _content(plain), _content(rich)
    links = _LINK.findall(text) + _hrefs(html)
    headers = {name: str(value) for name, value in message.items()}
    return Opened(text, html, headers, tuple(dict.fromkeys(links)))


def restored(place: Place, line: Line) -> Mail:
    """A mail from its journal line."""
    return Mail(
        reference=line["reference"],
        to=line["to"],
        sender=line["from"],
        subject=line["subject"],
        message_id=line["message_id"],
        envid=line["envid"],
        delivery_id=line["delivery_id"],
        gen=line["gen"],
        created=moment_of(line["at"]),
        place=place,
    )


class Mails:
    """The newest `kept` mails, in order."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._order: dict[str, Mail] = {}
        self.deliveries: Counter[str] = Counter()
        """How often each delivery was accepted; once, if all is well."""

    def __len__(self) -> int:
        return len(self._order)

    def add(self, mail: Mail) -> Mail:
        """Hold one more; the oldest goes when there are too many."""
        self._order[mail.reference] = mail
        if mail.delivery_id:
            self.deliveries[mail.delivery_id] += 1
        if len(self._order) > self._kept:
            del self._order[next(iter(self._order))]
        return mail

    def find(self, reference: str) -> Mail | None:
        """By the queue id."""
        return self._order.get(reference)

    def newest_first(self, *, to: str = "", before: str = "") -> Iterator[Mail]:
        """From the newest, or from the one before `before`."""
        passed = not before
        for mail in reversed(self._order.values()):
            if passed and (not to or mail.to.casefold() == to.casefold()):
                yield mail
            passed = passed or mail.reference == before


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


def _content(part: Message | None) -> str:
    return str(cast(EmailMessage, part).get_content()) if part is not None else ""


def _plain(headers: Message, name: str) -> str:
    value = str(headers.get(name, ""))
    return str(make_header(decode_header(value))) if "=?" in value else value
