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
_OUR_SESSION = frozenset({500, 502, 503, 530, 534, 535, 538})
"""The server quarrels with our session (sequence, command, login), not with this message: mend and repeat."""


_TOO_FAST = frozenset({"421", "4.3.2", "4.4.5", "4.7.28"})
"""The server closes without a word, takes no mail now, is congested, or counts our messages."""
_LONGEST_WAIT = 1800.0


class Meaning(StrEnum):
    """What to do about a reply to a message that has not been accepted."""

    WAIT = "wait"
    """Not sent; try again later."""
    MEND = "mend"
    """Not sent; try again later, on another connection."""
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
    def meaning(self) -> Meaning:
        """421 closes the connection; a code outside 400-599 where a refusal was due is a surprise."""
        if self.code == 421 or self.code in _OUR_SESSION or not 400 <= self.code <= 599:
            return Meaning.MEND
        return Meaning.WAIT if self.code < 500 else Meaning.REFUSED


def is_bad_address(status: str) -> bool:
    """Whether an enhanced status says that the address itself is at fault. A full mailbox (5.2.2) does not."""
    return status in _BAD_ADDRESS


def seconds_to_wait(first: float, tries: int) -> float:
    """Before the next try, after `tries` were put off: doubling, at most half an hour."""
    return min(first * 2.0 ** min(max(tries, 1) - 1, 10), max(_LONGEST_WAIT, first))
