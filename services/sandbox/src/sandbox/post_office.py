"""The mail server's desk: which recipients it takes, which mails, and what it writes down."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sandbox.controls import Counts
from sandbox.fates import MailFate, fate_of_address
from sandbox.journal import Journal, stamp
from sandbox.mails import Mail, Mails, headline, new_reference, restored, tracked


@dataclass(frozen=True, slots=True)
class Recipient:
    """One RCPT with its DSN wishes: `notify` as given ("NEVER", "SUCCESS,FAILURE" …)."""

    address: str
    notify: frozenset[str] = frozenset()
    original: str = ""


@dataclass(slots=True)
class Transaction:
    """What a client said between MAIL and the end of its data."""

    begun: bool = False
    sender: str = ""
    envid: str = ""
    ret: str = ""
    recipients: list[Recipient] = field(default_factory=list)
    source: bytes = b""


class PostOffice:
    """Takes mail. `later` is told of each mail taken, for what comes back by mail."""

    def __init__(
        self, mails: Mails, journal: Journal, counts: Counts, later: Callable[[Mail, Recipient, str], None]
    ) -> None:
        self._mails, self._journal, self._counts, self._later = mails, journal, counts, later
        self._greylisted: set[str] = set()

    def refuses(self, address: str, envid: str = "") -> str:
        """The reply to a recipient that is not taken; empty when it is."""
        fate = fate_of_address(address)
        if fate.at != "rcpt" or (fate.once and address in self._greylisted):
            return ""
        if fate.once:
            self._greylisted.add(address)
        return self._refuse(address, fate, "Recipient refused" if fate.code >= 500 else "Try again later", envid)

    async def take(self, transaction: Transaction) -> str:
        """The reply to the end of the data. The journal has an accepted mail before this returns."""
        for recipient in transaction.recipients:
            fate = fate_of_address(recipient.address)
            if fate.at == "dot":
                return self._refuse(recipient.address, fate, "Message refused", transaction.envid)
        taken = [(self._write(transaction, recipient), recipient) for recipient in transaction.recipients]
        await self._journal.safe()
        for mail, recipient in taken:
            self._later(mail, recipient, transaction.ret)
        return f"250 2.0.0 Ok: queued as {taken[0][0].reference}"

    def progress(self, transaction: Transaction, what: Literal["offered", "begun"]) -> None:
        """Note how far a body has come: its 354 is about to go out, or its first bytes are here. From the 354 on the
        client may have written everything, the dot included."""
        delivery_id, gen = tracked(transaction.envid)
        line = {"delivery_id": delivery_id, "gen": gen, "what": what, "at": stamp(time.time())}
        self._journal.bodies.append(line)

    def _refuse(self, address: str, fate: MailFate, text: str, envid: str) -> str:
        self._counts.refused["email", fate.code] += 1
        delivery_id, gen = tracked(envid)
        line = {"channel": "email", "delivery_id": delivery_id, "gen": gen, "to": address, "code": fate.code}
        self._journal.refused.append(line | {"at": stamp(time.time())})
        return f"{fate.code} {fate.status} {text}"

    def _write(self, transaction: Transaction, recipient: Recipient) -> Mail:
        head = headline(transaction.source, transaction.envid)
        line = {
            "delivery_id": head["delivery_id"],
            "gen": head["gen"],
            "reference": new_reference(),
            "to": recipient.address,
            "from": transaction.sender,
            "subject": head["subject"],
            "at": stamp(time.time()),
            "message_id": head["message_id"],
            "envid": transaction.envid,
            "notify": sorted(recipient.notify),
            "original": recipient.original,
            "ret": transaction.ret,
            "source": transaction.source.decode("latin-1"),
        }
        return self._mails.add(restored(self._journal.email.append(line), line))
