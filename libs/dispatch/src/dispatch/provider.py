"""The seam between what every dispatcher does and what one channel's provider does.

A provider sends one message, says what came of it, and looks a message up afterwards. It never retries, never touches
the database and knows nothing of campaigns.
"""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Written:
    """A message as the member will read it."""

    text: str
    subject: str
    html: str
    language: str
    sender: str
    """E.164 or a messaging service; an addr-spec for e-mail. May be empty: then the provider's own default."""
    display_name: str


@dataclass(frozen=True, slots=True)
class Outbound(Written):
    """One message to one address, as attempt `gen` of a delivery."""

    delivery_id: UUID
    gen: int
    to: str
    """E.164, or an addr-spec."""
    unsubscribe_link: str
    """Made for e-mail; empty on channels that opt out by keyword."""
    valid_for: int
    """Seconds the provider may still hold it, 1 to 36,000: what is left until the campaign expires, or until
    the member must not be disturbed any more."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it under this reference."""

    reference: str
    parts: int = 1
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider refused it for good; never resent on this channel."""

    code: str
    reason: str = ""
    """A word of ours, never the provider's text (it may hold the address)."""
    address_bad: bool = False
    """The address itself is at fault: it is marked, another channel may be tried."""
    opted_out: bool = False
    """The provider knows of an opt-out: the address is suppressed."""


@dataclass(frozen=True, slots=True)
class NotSent:
    """Certainly not processed: it goes back to waiting."""

    why: str
    retry_after: float = 5.0
    """Seconds."""
    lower_rate: bool = False
    """No message would be taken now, or not so fast: it counts against the rate of its sender, over all replicas."""
    pause: float | None = None
    """Seconds without any call then; None: `retry_after` if it is our own fault, or if most messages of the sender are
    refused. They are for its sender, or for all where the fault is our own."""
    alarm: bool = False
    """Our own fault (credentials, sender, settings) or a full queue, not the member's: an alarm is raised."""
    of_sender: bool = False
    """Though it is our own fault, messages of other senders would be taken."""


@dataclass(frozen=True, slots=True)
class InDoubt:
    """It is not certain whether it was sent: looked up later, never resent on hope."""

    why: str


Outcome = Accepted | Rejected | NotSent | InDoubt
LetGo = Callable[[], Awaitable[bool]]
"""Asked right before the byte after which it is not certain whether a message was sent. False: it must not be
written."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Which message to look for at the provider: attempt `gen` of a delivery that is in doubt."""

    delivery_id: UUID
    gen: int
    to: str
    sender: str
    since: datetime
    """The attempt began then, by the database's clock; allow for the provider's own clock."""
    until: datetime
    """Nothing of this attempt was accepted after this moment."""
    mark: bytes
    """Keyed digest of what was sent and to whom; bodies themselves are not kept."""
    secret: bytes

    def is_text(self, body: str) -> bool:
        """Whether a body that the provider lists is the text that was sent."""
        return hmac.compare_digest(self.mark, self.mark_of(body))

    def mark_of(self, body: str) -> bytes:
        """The digest of a body that the provider lists for this address, to be compared with our other attempts'."""
        return text_mark(self.secret, self.to, body)


def text_mark(secret: bytes, to: str, text: str) -> bytes:
    """By which a text to an address can be recognised, but neither be read back; blanks at the ends of the text do not
    count (carriers trim). It outlives the address: an attempt that is closed may still own a message that is listed."""
    return hmac.digest(secret, f"{to}\0{text.strip()}".encode(), "sha256")[:16]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the provider reports of a message, by a receipt or when it is asked."""

    reference: str = ""
    """Empty where the report does not name one."""
    status: str = "accepted"
    """accepted, delivered, undelivered or rejected."""
    code: str = ""
    reason: str = ""
    """A word of ours, as in `Rejected`."""
    address_bad: bool = False
    opted_out: bool = False
    parts: int | None = None
    """None, as an empty encoding: not reported; what was counted before the call stays."""
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class Stranger:
    """A message of the same sender and time to the same address with another text. `marks` are of that text, in every
    way it may have been written; none: it can no longer be read."""

    reference: str
    marks: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """All candidates at the provider, oldest first; none is a negative answer, believed the second time."""

    messages: tuple[Seen, ...] = ()
    strangers: tuple[Stranger, ...] = ()
    """Ours with its text changed on the way, unless another attempt of ours accounts for it."""
    conclusive: bool = True
    """False: the answer does not tell ours from others; a person decides."""


class Provider(Protocol):
    """A channel's way out. One instance serves many calls at once."""

    @property
    def channel(self) -> str:
        """`sms` or `email`."""

    def cost(self, text: str) -> int:
        """What a text counts against the rate: parts for SMS, 1 for e-mail."""

    @property
    def asks_permit(self) -> bool:
        """Whether `send` asks before it lets a message go; an attempt that never asked was then certainly not sent."""

    async def send(self, message: Outbound, permitted: LetGo, /) -> Outcome:
        """One request, no retries, own connect and total timeouts below D. Never raises for what a provider can do:
        what is not certain is InDoubt."""

    async def find(self, lookup: Lookup) -> Found:
        """List at the provider. Raises chassis.errors.Unavailable when it cannot be asked now. A provider without a
        list answers `Found()`."""

    async def status(self, reference: str) -> Seen | None:
        """What became of an accepted message whose receipt is late; None: it cannot be asked, or does not know.
        Raises Unavailable."""

    async def close(self) -> None:
        """Give connections back; called after the drain."""
