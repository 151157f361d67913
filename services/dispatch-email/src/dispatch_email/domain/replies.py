"""What a mail server's reply means for a delivery.

Codes: RFC 5321 (reply), RFC 3463 and 7505 (enhanced status). The reply code decides; the enhanced status only says
whose fault it is.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

_ENHANCED = re.compile(r"^\s*([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")
_BAD_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
"""No such mailbox, no such system, bad syntax, moved for good, a domain that takes no mail."""
_OUR_SESSION = frozenset({500, 502, 503})
"""The server quarrels with our session (sequence, command), not with this message: mend and repeat."""
_OUR_LOGIN = frozenset({530, 534, 535, 538})
"""RFC 4954: it wants a login, or not this one."""
_OUR_ACCOUNT = frozenset(f"5.7.{number}" for number in (8, 9, 10, 11, 12, 13, 14))
"""Login, encryption, a disabled account, no trust: whatever we send."""
_OUR_SENDER = frozenset(
    {
        *("5.1.7", "5.1.8"),  # the sender's address
        *(f"5.7.{number}" for number in (20, 21, 22, 23, 24, 25, 26, 27, 29)),  # DKIM, SPF, reverse DNS, ARC
    }
)
"""IANA's enhanced status codes (RFC 5248, 7372, 7505) that blame the sender. 5.7.1 does not: it is said of spam too."""
_RELAY = re.compile(
    r"\b(unable to relay|relay(ing)?( access)?( is)?( denied| not (permitted|allowed)| prohibited))", re.I
)
"""What servers say with 5.7.1, or without a status, to a client they do not carry mail for. It is not kept."""
_TOO_FAST = frozenset({"421", "4.3.2", "4.4.5", "4.7.28"})
"""The server closes without a word, takes no mail now, is congested, or counts our messages."""


class Meaning(StrEnum):
    """What to do about a reply to a message that has not been accepted."""

    WAIT = "wait"
    """Not sent; try again later."""
    MEND = "mend"
    """Not sent; try again later, on another connection."""
    OURS = "ours"
    """Not sent, nor will anything be until somebody of ours mends the login, the relay or the sender."""
    REFUSED = "refused"
    """Not sent, and never will be on this channel."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply: `code` three digits (or -1 for what is none), `text` as sent."""

    code: int
    text: str

    @property
    def status(self) -> str:
        """The enhanced status, such as 5.1.1, else the reply code."""
        found = _ENHANCED.match(self.text)
        return found[1] if found else str(self.code)

    @property
    def address_bad(self) -> bool:
        """Whether the address itself is at fault."""
        return is_bad_address(self.status)

    @property
    def too_fast(self) -> bool:
        """Whether everybody should send more slowly."""
        return self.status in _TOO_FAST

    @property
    def ours(self) -> bool:
        """Whether it is about us, not about this recipient or this text."""
        return 500 <= self.code <= 599 and (self.of_everybody or self.status in _OUR_SENDER)

    @property
    def of_everybody(self) -> bool:
        """Whether every message would be refused like this, whoever is its sender."""
        return self.code in _OUR_LOGIN or self.status in _OUR_ACCOUNT or _RELAY.search(self.text) is not None

    @property
    def meaning(self) -> Meaning:
        """421 closes the connection; a code outside 400-599 where a refusal was due is a surprise."""
        if self.ours:
            return Meaning.OURS
        if self.code == 421 or self.code in _OUR_SESSION or not 400 <= self.code <= 599:
            return Meaning.MEND
        return Meaning.WAIT if self.code < 500 else Meaning.REFUSED


def is_bad_address(status: str) -> bool:
    """Whether an enhanced status says that the address itself is at fault. A full mailbox (5.2.2) does not."""
    return status in _BAD_ADDRESS
