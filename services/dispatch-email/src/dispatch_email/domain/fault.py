"""Whose fault a refusal is, by its enhanced status (RFC 3463, 5248, 7372, 7505) and its words.

The same for a server that answers us and for what another server says in a report. Words count where the status says
little (5.0.0, 5.1.0, 5.7.1 and none at all), and against a status that blames the address.
"""

import re
from enum import StrEnum

from dispatch_email.domain import fault_words as words

_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.310"})
"""No such mailbox, no such system, bad syntax, moved for good, a domain that takes no mail, a mailbox that is
disabled, a domain that does not exist (Exchange)."""
_MAILBOX = re.compile(r"[45]\.2\.\d+|[45]\.3\.4")
"""A full mailbox, a message too large for it or for the system."""
_ACCOUNT = frozenset(f"5.7.{number}" for number in (8, 9, 10, 11, 12, 13, 14, 57, 64, 705, 708))
"""Login, encryption, a disabled account, no trust; Exchange's anonymous client, relay, volume and network."""
_SENDER = frozenset(
    {
        *("5.1.7", "5.1.8", "5.1.20", "5.1.90"),  # the sender's address; Exchange: several, a daily limit
        *(f"5.7.{number}" for number in (20, 21, 22, 23, 24, 25, 26, 27, 29)),  # DKIM, SPF, reverse DNS, ARC
        *(f"5.7.{number}" for number in (30, 40, 60, 501, 502, 503, 509, 511, 515, 750)),  # DMARC, Exchange's own
    }
)
_SPEED = re.compile(r"4\.3\.2|4\.4\.5|4\.7\.\d+")


class Fault(StrEnum):
    """Who has to mend it."""

    ADDRESS = "address"
    """Nobody: no message will ever reach this address."""
    MAILBOX = "mailbox"
    """The member: the mailbox is full, or takes no message of this size."""
    ACCOUNT = "account"
    """Us: nothing that we send is taken."""
    SENDER = "sender"
    """Us: nothing from this sender is taken."""
    SPEED = "speed"
    """Us: it is too much at once."""
    UNCLEAR = "unclear"
    """Neither status nor words say it: a policy, the text, or another reason."""


def whose(status: str, said: str, *, of_recipient: bool = False) -> Fault:
    """`status` enhanced or a reply code; `said` in the server's own words. `of_recipient`: those words are about one
    recipient, so that they blame the address if they name it and no other reason."""
    text = words.plain(said)
    if status in _ACCOUNT:
        return Fault.ACCOUNT
    if status in _SENDER:
        return Fault.SENDER
    if status.startswith("4") and words.GREYLISTED.search(text):
        return Fault.UNCLEAR
    if words.OUR_ACCOUNT.search(text):
        return Fault.ACCOUNT
    if words.MAILBOX.search(text):
        return Fault.MAILBOX
    if _SPEED.fullmatch(status) or words.SPEED.search(text):
        return Fault.SPEED
    if words.OUR_SENDER.search(text):
        return Fault.SENDER
    return _of_address(status, text, of_recipient)


def _of_address(status: str, text: str, of_recipient: bool) -> Fault:
    if not words.POLICY.search(text):
        named = of_recipient and words.ADDRESSED.search(text) and not words.ELSE.search(text)
        if status in _ADDRESS or named or words.NO_SUCH_ADDRESS.search(text):
            return Fault.ADDRESS
    return Fault.MAILBOX if _MAILBOX.fullmatch(status) else Fault.UNCLEAR
