"""What a look at the provider's list means for a delivery in doubt."""

from dataclasses import dataclass
from datetime import date, datetime
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
    deadline: datetime
    rivals: int
    """Other open attempts with the same text to the same address: the list cannot tell them from ours."""
    rivals_unripe: int
    """Those of them that may still settle by themselves."""
    policy: Policy


@dataclass(frozen=True, slots=True)
class Bind:
    """It went, under this reference. `extra` more went with it: duplicates."""

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


@dataclass(frozen=True, slots=True)
class Ours:
    """What of a list is accounted for: references that belong to attempts already, and (address, text's mark) of the
    attempts that are still open, whose messages may be there without our knowing their references."""

    references: frozenset[str] = frozenset()
    open: frozenset[tuple[str, bytes]] = frozenset()


def decide(doubt: Doubt, found: Found, ours: Ours, max_attempts: int) -> Decision:
    """A message with another text that nothing of ours accounts for, at the last look too, may be the one looked for,
    changed on the way: nothing was found then, and nothing is certain."""
    if not found.conclusive:
        return Hold("the list cannot tell")
    unbound = [seen for seen in found.messages if seen.reference not in ours.references]
    if unbound:
        return _among(doubt, unbound)
    if doubt.looks + 1 < LOOKS:
        return LookAgain(negative=True)
    if any(_unaccounted(doubt, stranger, ours) for stranger in found.strangers):
        return Hold("a message with another text may be this one")
    if doubt.policy == "hold":
        return Hold("not found, and the policy is to hold")
    return Resend() if doubt.resends + 1 < max_attempts else Hold("not found, and tried often enough")


def _among(doubt: Doubt, unbound: list[Seen]) -> Decision:
    """As many as there are open attempts, or more: all of them went. Fewer: nobody can tell which."""
    if len(unbound) > doubt.rivals:
        return Bind(unbound[0], extra=len(unbound) - doubt.rivals - 1)
    return LookAgain(negative=False) if doubt.rivals_unripe else Hold("several messages with the same text")


def _unaccounted(doubt: Doubt, stranger: Stranger, ours: Ours) -> bool:
    known = stranger.reference in ours.references
    return not known and not any((doubt.address, mark) in ours.open for mark in stranger.marks)
