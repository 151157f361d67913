"""The mails that the server accepted: metadata in memory, sources in the journal."""

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.journal.journal import unix_seconds
from sandbox.journal.lines import AcceptedMail
from sandbox.journal.writer import Position


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
    position: Position[AcceptedMail]
    bounced: str = ""
    """The kind of bounce that was sent, once it was."""

    @property
    def source(self) -> bytes:
        """The whole message as it came, read from the journal."""
        return self.position.read()["source"].encode("latin-1")


def new_reference() -> str:
    """A queue id, which the server names in its 250."""
    return uuid.uuid4().hex[:20].upper()


def accepted_mail(position: Position[AcceptedMail], line: AcceptedMail) -> Mail:
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
        created=unix_seconds(line["at"]),
        position=position,
    )


class MailStore:
    """The newest `kept` mails, in order."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._order: dict[str, Mail] = {}
        self.deliveries: Counter[str] = Counter()
        """How often each delivery was accepted; a count above 1 is a duplicate."""

    def __len__(self) -> int:
        return len(self._order)

    def add(self, mail: Mail) -> Mail:
        """Hold one more; the oldest is dropped when there are too many."""
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
        """From the newest, or from the next older than the mail `before`."""
        passed = not before
        for mail in reversed(self._order.values()):
            if passed and (not to or mail.to.casefold() == to.casefold()):
                yield mail
            passed = passed or mail.reference == before
