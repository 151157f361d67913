"""A text as the carrier holds it: metadata in memory, its body in the journal."""

import uuid
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from sandbox.journal.journal import unix_seconds
from sandbox.journal.lines import InboundText, SentText, TwimlReply
from sandbox.journal.writer import Position

Direction = Literal["outbound-api", "inbound", "outbound-reply"]
TextPosition = Position[SentText] | Position[InboundText] | Position[TwimlReply]


@dataclass(slots=True)
class Text:
    """One text in either direction. `number` counts up in the order in which the carrier accepted them."""

    sid: str
    to: str
    sender: str | None
    service: str | None
    direction: Direction
    status: str
    parts: int
    created: float
    position: TextPosition
    delivery_id: str | None = None
    gen: int | None = None
    error: int | None = None
    sent: float | None = None
    updated: float = 0.0
    answered: int = 0
    """Callbacks that were answered with a 2xx."""
    redacted: bool = False
    media: int = 0
    number: int = 0

    @property
    def body(self) -> str:
        """Its words, read from the journal; empty once redacted."""
        return "" if self.redacted else self.position.read()["body"]

    @property
    def sender_assigned(self) -> bool:
        """A messaging service chooses the sender, and with it the segments, when it sends: not while `accepted`."""
        return self.status != "accepted"

    def change_status(self, status: str, error: int | None, moment: float) -> None:
        """Take a new status at a moment in Unix seconds."""
        self.status, self.error, self.updated = status, error, moment
        if self.sent is None and status not in {"queued", "accepted"}:
            self.sent = moment


def new_sid() -> str:
    """An id in the form of Twilio's."""
    return "SM" + uuid.uuid4().hex


def tracking_of(callback: str | None) -> tuple[str | None, int | None]:
    """Delivery id and attempt from the query of the status callback's address, where they are given."""
    if not callback:
        return None, None
    query = parse_qs(urlsplit(callback).query)
    gen = query.get("g", [""])[0]
    return query.get("d", [None])[0], int(gen) if gen.isdecimal() else None


def sent_text(position: Position[SentText], line: SentText) -> Text:
    """An accepted text from its journal line, before its first status."""
    text = _text(position, line, "outbound-api", "accepted" if line["service"] else "queued")
    text.service, text.delivery_id, text.gen = line["service"], line["delivery_id"], line["gen"]
    return text


def inbound_text(position: Position[InboundText], line: InboundText) -> Text:
    """A text from a member, from its journal line."""
    text = _text(position, line, "inbound", "received")
    text.sent, text.media = text.created, line.get("media", 0)
    return text


def twiml_reply(position: Position[TwimlReply], line: TwimlReply) -> Text:
    """A TwiML reply from its journal line."""
    text = _text(position, line, "outbound-reply", "sent")
    text.sent = text.created
    return text


def _text(position: TextPosition, line: SentText | InboundText | TwimlReply, direction: Direction, status: str) -> Text:
    moment = unix_seconds(line["at"])
    return Text(
        sid=line["reference"],
        to=line["to"],
        sender=line["from"],
        service=None,
        direction=direction,
        status=status,
        parts=line["parts"],
        created=moment,
        position=position,
        updated=moment,
    )
