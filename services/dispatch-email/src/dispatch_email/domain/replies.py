"""What a mail server's reply means for a delivery.

Codes: RFC 5321 (reply), RFC 3463 (enhanced status). The reply code decides whether it is final, `fault` whose fault it
is: only the address's own is held against the address, and ours is held against no message.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from dispatch_email.domain.fault import Fault, whose

_ENHANCED = re.compile(r"^\s*([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")
_OUR_SESSION = frozenset({500, 502, 503})
"""The server quarrels with our session (sequence, command), not with this message: mend and repeat."""
_OUR_LOGIN = frozenset({530, 534, 535, 538})
"""RFC 4954: it wants a login, or not this one."""
_TOO_FAST = frozenset({"421", "454"})
"""Without an enhanced status: the server closes without a word, or refuses for now (RFC 3207, 4954)."""


class Meaning(StrEnum):
    """What to do about a reply to a message that has not been accepted."""

    WAIT = "wait"
    """Not sent; try again later."""
    MEND = "mend"
    """Not sent; try again later, on another connection."""
    OURS = "ours"
    """Not sent, nor will anything be until somebody of ours mends the login, the relay, the sender or the volume."""
    REFUSED = "refused"
    """Not sent, and never will be on this channel."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply: `code` three digits (or -1 for what is none), `text` as sent."""

    code: int
    text: str
    before_recipient: bool = False
    """It answers the connection, the login or the sender: the server knows no recipient yet."""
    names_us: bool = False
    """It names our own address, and not the recipient's."""

    @property
    def status(self) -> str:
        """The enhanced status, such as 5.1.1, else the reply code."""
        found = _ENHANCED.match(self.text)
        return found[1] if found else str(self.code)

    @property
    def fault(self) -> Fault:
        """Who has to mend it."""
        if self.code in _OUR_LOGIN:
            return Fault.ACCOUNT
        fault = Fault.SPEED if self.status in _TOO_FAST else whose(self.status, self.text)
        if self.before_recipient and self.code != 552 and fault in {Fault.ADDRESS, Fault.MAILBOX, Fault.UNCLEAR}:
            return Fault.SENDER
        return Fault.SENDER if self.names_us and fault is Fault.UNCLEAR else fault

    @property
    def address_bad(self) -> bool:
        """Whether the address itself is at fault."""
        return self._final and self.fault is Fault.ADDRESS

    @property
    def too_fast(self) -> bool:
        """Whether everybody should send more slowly."""
        return self.fault is Fault.SPEED

    @property
    def ours(self) -> bool:
        """Whether somebody of ours has to mend something. What is refused for now is so only if all of it is."""
        return self.fault is Fault.ACCOUNT or (self._final and self.fault in {Fault.SENDER, Fault.SPEED})

    @property
    def of_everybody(self) -> bool:
        """Whether every message would be refused like this, whoever is its sender."""
        return self.fault in {Fault.ACCOUNT, Fault.SPEED}

    @property
    def meaning(self) -> Meaning:
        """421 closes the connection; a code outside 400-599 where a refusal was due is a surprise."""
        if self.code == 421 or not 400 <= self.code <= 599:
            return Meaning.MEND
        if self.code < 500:
            return Meaning.WAIT
        if self.ours:
            return Meaning.OURS
        return Meaning.REFUSED if self._final else Meaning.MEND

    @property
    def _final(self) -> bool:
        return 500 <= self.code <= 599 and self.code not in _OUR_SESSION
