"""Judges a run by sets of delivery ids from the tables and the journal, not by counts that services report.

planned = skipped ∪ rejected ∪ accepted, disjoint; nothing is requested, in doubt or held; accepted = delivered ∪
undelivered ∪ expired (an e-mail that has not bounced stays accepted: there is no receipt); journal = accepted; no
delivery id twice in the journal; the last published state of a delivery is its state in the ledger.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

NOT_SENT = frozenset({"skipped", "rejected"})
SETTLED = frozenset({"delivered", "undelivered", "expired"})
NEXT_CHANNEL_AFTER = frozenset({"no_contact", "bad_contact", "suppressed", "no_consent"})
NO_RECEIPTS = frozenset({"email"})

DeliveryId = Callable[[UUID, int, UUID, str], UUID]
"""Of a campaign, step, member and channel."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One member of a frozen audience; `channels` in the order they are tried, all at once if `at_once`."""

    campaign_id: UUID
    member_id: UUID
    channels: tuple[str, ...]
    step: int = 1
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a dispatcher's ledger."""

    channel: str
    state: str
    reason: str = ""
    address_bad: bool = False

    @property
    def accepted(self) -> bool:
        """Whether the provider accepted it."""
        return self.state in SETTLED or self.state == "accepted"

    @property
    def asks_for_next(self) -> bool:
        """Whether the next channel is to be tried."""
        if self.state == "skipped":
            return self.reason in NEXT_CHANNEL_AFTER
        return self.state in ("rejected", "undelivered") and self.address_bad


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read: the rows of all ledgers, and the delivery ids of all lines of the journal."""

    audience: Sequence[Planned]
    ledgers: Sequence[tuple[UUID, Row]]
    journal: Sequence[UUID]
    published: Mapping[UUID, str]
    withdrawn: Collection[UUID] = ()
    """Deliveries that the segmenter did not ask for, since the member was erased after the freeze."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Sizes of the sets, and what does not agree: a sentence and the delivery ids it applies to."""

    sizes: Mapping[str, int]
    states: Mapping[str, int] = field(default_factory=dict)
    faults: Mapping[str, tuple[UUID, ...]] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether every set agrees."""
        return not self.faults

    def sentences(self) -> list[str]:
        """Every fault with its count and the first ids."""
        return [f"{len(ids)} {fault}: {', '.join(map(str, ids[:3]))}" for fault, ids in self.faults.items()]


def judge(evidence: Evidence, delivery_id: DeliveryId) -> Verdict:
    """Compare the sets."""
    ledger = dict(evidence.ledgers)
    planned = {found for member in evidence.audience for found in _due(member, ledger, delivery_id)}
    accepted = {found for found, row in ledger.items() if row.accepted}
    journal = set(evidence.journal)
    faults = {
        "planned but in no ledger": planned - ledger.keys() - set(evidence.withdrawn),
        "in a ledger but never planned": ledger.keys() - planned,
        "in more than one row of the ledgers": _repeated([found for found, _ in evidence.ledgers]),
        "neither skipped, rejected nor accepted": {i for i, row in ledger.items() if not _ended(row)},
        "accepted, but without a receipt": {i for i, row in ledger.items() if _waits_for_receipt(row)},
        "accepted, but not in the journal": accepted - journal,
        "in the journal, but not accepted": journal - accepted,
        "more than once in the journal": _repeated(evidence.journal),
        "whose last published status is not the ledger's": _unpublished(ledger, evidence.published),
        "published, but in no ledger": evidence.published.keys() - ledger.keys(),
    }
    return Verdict(
        sizes={"planned": len(planned), "accepted": len(accepted), "journal": len(journal)},
        states=Counter(row.state for row in ledger.values()),
        faults={name: tuple(sorted(ids)) for name, ids in faults.items() if ids},
    )


def _due(member: Planned, ledger: Mapping[UUID, Row], delivery_id: DeliveryId) -> Iterator[UUID]:
    """The deliveries that this member is to have: the next channel only if the one before asks for it."""
    for place, channel in enumerate(member.channels):
        step = member.step if member.at_once else member.step + place
        due = delivery_id(member.campaign_id, step, member.member_id, channel)
        yield due
        if not member.at_once and not (due in ledger and ledger[due].asks_for_next):
            return


def _ended(row: Row) -> bool:
    return row.accepted or row.state in NOT_SENT


def _waits_for_receipt(row: Row) -> bool:
    return row.state == "accepted" and row.channel not in NO_RECEIPTS


def _repeated(ids: Sequence[UUID]) -> set[UUID]:
    return {found for found, times in Counter(ids).items() if times > 1}


def _unpublished(ledger: Mapping[UUID, Row], published: Mapping[UUID, str]) -> set[UUID]:
    return {found for found, row in ledger.items() if published.get(found) != row.state}


@dataclass(frozen=True, slots=True)
class Answers:
    """How many answers the members sent, and what became of them by the ballot's counts."""

    sent: int
    by_status: Mapping[str, int]

    @property
    def holds(self) -> bool:
        """Whether sent = counted + unmatched + superseded; any other status is a fault."""
        known = ("counted", "unmatched", "superseded")
        others = sum(count for status, count in self.by_status.items() if status not in known)
        return others == 0 and self.sent == sum(self.by_status.get(status, 0) for status in known)
