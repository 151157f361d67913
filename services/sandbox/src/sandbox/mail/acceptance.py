"""Accepts or refuses recipients and mails."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sandbox.control.counts import Counts
from sandbox.journal.journal import Journal, timestamp
from sandbox.journal.lines import AcceptedMail
from sandbox.mail.content import identity, tracking_of
from sandbox.mail.mail_store import Mail, MailStore, accepted_mail, new_reference
from sandbox.mail.outcome_by_address import MailOutcome, outcome_by_address


@dataclass(frozen=True, slots=True)
class Recipient:
    """One RCPT with its DSN parameters: `notify` as given ("NEVER", or of "SUCCESS", "FAILURE", "DELAY")."""

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


class MailAcceptance:
    """`on_accepted` is called with each accepted mail, its recipient and the RET parameter."""

    def __init__(
        self, mails: MailStore, journal: Journal, counts: Counts, on_accepted: Callable[[Mail, Recipient, str], None]
    ) -> None:
        self._mails, self._journal, self._counts, self._on_accepted = mails, journal, counts, on_accepted
        self._greylisted: set[str] = set()

    def refusal_of(self, address: str, envid: str = "") -> str:
        """The reply that refuses a recipient; empty for one that is accepted."""
        outcome = outcome_by_address(address)
        if outcome.at != "rcpt" or (outcome.once and address in self._greylisted):
            return ""
        if outcome.once:
            self._greylisted.add(address)
        return self._refuse(address, outcome, "Recipient refused" if outcome.code >= 500 else "Try again later", envid)

    async def accept(self, transaction: Transaction) -> str:
        """The reply to the end of the data. The journal has an accepted mail before this returns."""
        for recipient in transaction.recipients:
            outcome = outcome_by_address(recipient.address)
            if outcome.at == "dot":
                return self._refuse(recipient.address, outcome, "Message refused", transaction.envid)
        accepted = [(self._record(transaction, recipient), recipient) for recipient in transaction.recipients]
        await self._journal.flush()
        for mail, recipient in accepted:
            self._on_accepted(mail, recipient, transaction.ret)
        return f"250 2.0.0 Ok: queued as {accepted[0][0].reference}"

    def record_progress(self, transaction: Transaction, what: Literal["offered", "begun"]) -> None:
        """Record how far a body has come: its 354 is about to be sent, or its first bytes arrived. From the 354 on the
        client may have written everything, the final dot included."""
        delivery_id, gen = tracking_of(transaction.envid)
        self._journal.bodies.append(
            {"delivery_id": delivery_id, "gen": gen, "what": what, "at": timestamp(time.time())}
        )

    def _refuse(self, address: str, outcome: MailOutcome, text: str, envid: str) -> str:
        self._counts.refused["email", outcome.code] += 1
        delivery_id, gen = tracking_of(envid)
        self._journal.refused.append(
            {
                "channel": "email",
                "delivery_id": delivery_id,
                "gen": gen,
                "to": address,
                "code": outcome.code,
                "at": timestamp(time.time()),
            }
        )
        return f"{outcome.code} {outcome.status} {text}"

    def _record(self, transaction: Transaction, recipient: Recipient) -> Mail:
        found = identity(transaction.source, transaction.envid)
        line: AcceptedMail = {
            "delivery_id": found.delivery_id,
            "gen": found.gen,
            "reference": new_reference(),
            "to": recipient.address,
            "from": transaction.sender,
            "subject": found.subject,
            "at": timestamp(time.time()),
            "message_id": found.message_id,
            "envid": transaction.envid,
            "notify": sorted(recipient.notify),
            "original": recipient.original,
            "ret": transaction.ret,
            "source": transaction.source.decode("latin-1"),
        }
        return self._mails.add(accepted_mail(self._journal.email.append(line), line))
