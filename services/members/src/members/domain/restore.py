"""Comparison of a database that was restored from a backup with the topic `members`.

The database's data counts, and continues above the topic's highest version, so that no consumer ignores it. From the
topic are kept: an erasure, evidence of consent (above all a withdrawal), and that a member died or left.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from contracts.enums import MemberStatus
from contracts.event import Event
from contracts.events.members import MemberChanged, MemberErased
from members.domain.members.consents import Evidence, extended
from members.domain.members.member import Member


@dataclass(frozen=True, slots=True)
class TopicState:
    """The topic's latest event on one member; `snapshot` None: an erasure."""

    member_id: UUID
    version: int
    snapshot: MemberChanged | None
    reason: str = ""


class Difference(StrEnum):
    """How the database differs from the topic about a member."""

    SAME = "same"
    BEHIND = "behind"
    """The database has an older version."""
    RESURRECTED = "resurrected"
    """The database has a member whose erasure was published."""
    UNMARKED = "unmarked"
    """The database has neither a member whose erasure was published nor the marker of the erasure."""
    UNKNOWN = "unknown"
    """The database does not have a member who was published: they came after the backup."""
    UNTOLD = "untold"
    """Neither the topic nor the outbox has the database's version."""


def latest_states(events: Iterable[Event]) -> dict[UUID, TopicState]:
    """The highest version of each member; an erasure is final, also where a snapshot follows."""
    latest: dict[UUID, TopicState] = {}
    for event in events:
        match event:
            case MemberChanged():
                state = TopicState(event.member_id, event.version, event)
            case MemberErased():
                state = TopicState(event.member_id, event.version, None, event.reason)
            case _:
                continue
        before = latest.get(state.member_id)
        if before is None or (
            before.snapshot is not None and (state.snapshot is None or state.version > before.version)
        ):
            latest[state.member_id] = state
    return latest


def difference(state: TopicState, version: int | None, *, marked: bool) -> Difference:
    """`version` None: the database has no such member; `marked`: it has the marker of their erasure."""
    if version is None:
        if marked:
            return Difference.SAME
        return Difference.UNMARKED if state.snapshot is None else Difference.UNKNOWN
    if state.snapshot is None:
        return Difference.RESURRECTED
    return Difference.BEHIND if version < state.version else Difference.SAME


def reconciled(member: Member, snapshot: MemberChanged, today: date) -> Member:
    """The database's member at the topic's version, with what is kept from the topic."""
    gone = member.status == MemberStatus.ACTIVE and snapshot.status in (MemberStatus.LEFT, MemberStatus.DECEASED)
    return replace(
        member,
        version=snapshot.version,
        evidence=extended(member.evidence, _missing_evidence(member, snapshot)),
        status=snapshot.status if gone else member.status,
        left_on=today if gone else member.left_on,
    )


def _missing_evidence(member: Member, snapshot: MemberChanged) -> list[Evidence]:
    """Evidence that was published and that the database lacks; a snapshot holds one item for each of its purposes."""
    known = {evidence.consent_id for evidence in member.evidence}
    missing: dict[UUID, Evidence] = {}
    for consent in snapshot.consents:
        if consent.consent_id not in known:
            shared = consent.model_dump(exclude={"purpose"})
            before = missing.get(consent.consent_id, Evidence(**shared, purposes=()))
            missing[consent.consent_id] = replace(before, purposes=(*before.purposes, consent.purpose))
    return list(missing.values())
