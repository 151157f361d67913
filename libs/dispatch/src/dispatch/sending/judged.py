"""What the gate and the composition made of the rows of one claim."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from dispatch.ledger.order import Misplaced
from dispatch.sending.backoff import wait_by_age
from dispatch.sending.composition.composition import Composed
from dispatch.sending.gate.facts import Due


@dataclass(slots=True)
class Judged:
    """A claim in the making."""

    calls: list[Composed] = field(default_factory=list)
    skipped: list[tuple[Due, str]] = field(default_factory=list)
    waiting: list[tuple[Due, datetime, str]] = field(default_factory=list)
    broken: list[tuple[Due, Exception, str]] = field(default_factory=list)
    """Those of the waiting that met a bug of ours, and in which step."""
    misplaced: list[Misplaced] = field(default_factory=list)
    """Those that have another sender than it seemed at their admission."""
    used: Counter[str] = field(default_factory=Counter)
    """Units, by sender."""
    full: set[str] = field(default_factory=set)
    """Senders whose units are used up."""
    keys: set[tuple[UUID, int, str, UUID]] = field(default_factory=set)

    def wait_for_us(self, due: Due, error: Exception, doing: str, now: datetime) -> None:
        """Put off for as long again as it has waited."""
        self.broken.append((due, error, doing))
        self.waiting.append((due, now + wait_by_age(now - due.admitted_at), "our_fault"))
