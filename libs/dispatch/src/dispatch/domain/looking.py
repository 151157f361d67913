"""What a look at the provider's list means for a delivery in doubt."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from dispatch.provider import Found, Seen

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


def decide(doubt: Doubt, found: Found, bound: frozenset[str], max_attempts: int) -> Decision:
    """`bound` are references that belong to attempts already."""
    if not found.conclusive:
        return Hold("the list cannot tell")
    unbound = [seen for seen in found.messages if seen.reference not in bound]
    if unbound:
        return _among(doubt, unbound)
    if doubt.looks + 1 < LOOKS:
        return LookAgain(negative=True)
    if doubt.policy == "hold":
        return Hold("not found, and the policy is to hold")
    return Resend() if doubt.resends + 1 < max_attempts else Hold("not found, and tried often enough")


def _among(doubt: Doubt, unbound: list[Seen]) -> Decision:
    """As many as there are open attempts, or more: all of them went. Fewer: nobody can tell which."""
    if len(unbound) > doubt.rivals:
        return Bind(unbound[0], extra=len(unbound) - doubt.rivals - 1)
    return LookAgain(negative=False) if doubt.rivals_unripe else Hold("several messages with the same text")
