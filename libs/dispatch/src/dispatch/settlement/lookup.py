"""What a look at the provider's list means for a delivery in doubt."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from dispatch.provider import Found, Seen, Stranger

Policy = Literal["resend", "hold"]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A delivery past its deadline and Q, with what its open attempt was."""

    delivery_id: UUID
    month: date
    gen: int
    looks: int
    """Negative looks so far."""
    resends: int
    address: str | None
    sender: str
    mark: bytes
    since: datetime
    """Start of the earliest attempt that has no reference: a late accept of that one counts too."""
    until: datetime
    """Nothing of this delivery was accepted after this moment."""
    policy: Policy


@dataclass(frozen=True, slots=True)
class Bind:
    """It was sent, under this reference. `extra` more were sent with it: duplicates."""

    seen: Seen
    extra: int = 0


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Nothing decided. `negative`: this look counts as one of the two."""

    negative: bool


@dataclass(frozen=True, slots=True)
class Resend:
    """Certainly not there."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A person decides."""

    why: str


Decision = Bind | LookAgain | Resend | Hold
LOOKS = 2
_CLOCKS = timedelta(minutes=1)
"""By how much the provider's clock may differ from ours, and more: a provider allows for less when it searches."""


@dataclass(frozen=True, slots=True)
class Rival:
    """An attempt whose message may be on the list without our knowing its reference: it is open, or a person said that
    it was accepted."""

    delivery_id: UUID
    mark: bytes
    since: datetime
    until: datetime
    """Its message was accepted between these moments, if it was."""
    unripe: bool = False
    """It may still settle by itself."""

    def may_be_meant(self, doubt: Doubt) -> bool:
        """Whether the list cannot tell its message from the one looked for."""
        same = self.mark == doubt.mark and self.delivery_id != doubt.delivery_id
        return same and self.since <= doubt.until + _CLOCKS and doubt.since <= self.until + _CLOCKS


@dataclass(frozen=True, slots=True)
class Ours:
    """What of a list is accounted for: references that belong to attempts already, and attempts without one."""

    references: frozenset[str] = frozenset()
    rivals: tuple[Rival, ...] = ()


def decide(doubt: Doubt, found: Found, ours: Ours, max_attempts: int) -> Decision:
    """A message with another text that nothing of ours accounts for, at the last look too, may be the one looked for,
    changed on the way: nothing was found then, and nothing is certain."""
    if not found.conclusive:
        return Hold("the list cannot tell")
    unbound = [seen for seen in found.messages if seen.reference not in ours.references]
    if unbound:
        return _among(doubt, unbound, ours)
    if doubt.looks + 1 < LOOKS:
        return LookAgain(negative=True)
    if any(_unaccounted(stranger, ours) for stranger in found.strangers):
        return Hold("a message with another text may be this one")
    if doubt.policy == "hold":
        return Hold("not found, and the policy is to hold")
    return Resend() if doubt.resends + 1 < max_attempts else Hold("not found, and tried often enough")


def _among(doubt: Doubt, unbound: list[Seen], ours: Ours) -> Decision:
    """As many as there are open attempts, or more: all of them were sent. Fewer: it is not certain which."""
    rivals = [rival for rival in ours.rivals if rival.may_be_meant(doubt)]
    if len(unbound) > len(rivals):
        return Bind(unbound[0], extra=len(unbound) - len(rivals) - 1)
    if any(rival.unripe for rival in rivals):
        return LookAgain(negative=False)
    return Hold("several messages with the same text")


def _unaccounted(stranger: Stranger, ours: Ours) -> bool:
    known = stranger.reference in ours.references
    return not known and not any(rival.mark in stranger.marks for rival in ours.rivals)
