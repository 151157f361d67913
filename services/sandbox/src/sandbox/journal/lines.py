"""The files of the journal, the line each of them holds, and the one reader of them.

Whoever judges a run reads these files from disk. A process that was killed while it wrote leaves a torn last line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, NotRequired, TypedDict, TypeVar

import orjson

L = TypeVar("L")


class Tracked(TypedDict):
    """What every line about a delivery has: its id and attempt where they are known, and when it was written."""

    delivery_id: str | None
    gen: int | None
    at: str


_Text = TypedDict("_Text", {"reference": str, "to": str, "from": str, "body": str, "parts": int, "at": str})


class SentText(_Text):
    """sms.jsonl: a text that was accepted."""

    delivery_id: str | None
    gen: int | None
    callback: str | None
    service: str | None


class InboundText(_Text):
    """inbound.jsonl: a text from a member, before the webhook is called. Old lines lack the number of media."""

    media: NotRequired[int]


class TwimlReply(_Text):
    """replies.jsonl: a TwiML reply; `answers` is the inbound text's reference."""

    answers: str


class InboundOutcome(TypedDict):
    """outcomes.jsonl: how the webhook of an inbound text ended; `status` None is no answer at all."""

    reference: str
    status: int | None
    attempts: int
    replies: tuple[str, ...]
    at: str


_Envelope = TypedDict("_Envelope", {"to": str, "from": str})


class AcceptedMail(Tracked, _Envelope):
    """email.jsonl: a mail that was accepted; `source` is the message as Latin-1. The DSN parameters were added later,
    so that old lines lack them."""

    reference: str
    subject: str
    message_id: str
    envid: str
    source: str
    notify: NotRequired[list[str]]
    original: NotRequired[str]
    ret: NotRequired[str]


class Refusal(Tracked):
    """refused.jsonl: a message that was refused, by number or address."""

    channel: Literal["sms", "email"]
    to: str
    code: int


class StatusChange(Tracked):
    """receipts.jsonl: a new status of a text."""

    reference: str
    status: str
    error_code: int | None


class CallbackOutcome(TypedDict):
    """callbacks.jsonl: how a status callback ended; `answered` None is no answer at all."""

    reference: str
    status: str
    answered: int | None
    attempts: int
    at: str


class ReturnedMail(Tracked):
    """bounces.jsonl: a bounce, notification, complaint or auto-reply, and whether it was taken."""

    reference: str
    kind: str
    status: str
    arrived: bool


class Deletion(TypedDict):
    """deletions.jsonl: a text that was redacted or deleted."""

    reference: str
    what: Literal["redacted", "deleted"]
    at: str


class FaultHit(TypedDict):
    """faults.jsonl: a fault that was injected."""

    kind: str
    stage: str | None
    to: str | None
    delivery_id: str | None
    code: int | None
    at: str


class BodyProgress(Tracked):
    """bodies.jsonl: how far an SMTP body came: its 354 is about to be sent, or its first bytes arrived."""

    what: Literal["offered", "begun"]


@dataclass(frozen=True)
class JournalFile(Generic[L]):
    """One file of the journal by name; `L` is the type of its lines."""

    name: str

    def positions(self, folder: Path) -> Iterator[tuple[int, int, L]]:
        """Every whole line with its offset and length in bytes. A torn line is passed over, a missing file is empty."""
        path, offset = folder / self.name, 0
        if not path.exists():
            return
        with path.open("rb") as file:
            for data in file:
                try:
                    line: L = orjson.loads(data)
                except orjson.JSONDecodeError:
                    pass
                else:
                    yield offset, len(data), line
                offset += len(data)

    def lines(self, folder: Path) -> Iterator[L]:
        """Every whole line."""
        return (line for _, _, line in self.positions(folder))


SMS = JournalFile[SentText]("sms.jsonl")
EMAIL = JournalFile[AcceptedMail]("email.jsonl")
INBOUND = JournalFile[InboundText]("inbound.jsonl")
OUTCOMES = JournalFile[InboundOutcome]("outcomes.jsonl")
REPLIES = JournalFile[TwimlReply]("replies.jsonl")
RECEIPTS = JournalFile[StatusChange]("receipts.jsonl")
CALLBACKS = JournalFile[CallbackOutcome]("callbacks.jsonl")
BOUNCES = JournalFile[ReturnedMail]("bounces.jsonl")
REFUSED = JournalFile[Refusal]("refused.jsonl")
DELETIONS = JournalFile[Deletion]("deletions.jsonl")
FAULTS = JournalFile[FaultHit]("faults.jsonl")
BODIES = JournalFile[BodyProgress]("bodies.jsonl")
