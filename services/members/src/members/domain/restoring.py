"""A database restored from a backup against what the topic had been told since.

The database is right, and goes on above the topic's highest version, so that nobody ignores it. Three things no backup
undoes: an erasure, evidence of consent (a withdrawal above all), and that somebody has died or left.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from contracts.enums import MemberStatus
from contracts.event import Event
from contracts.members import MemberChanged, MemberErased
from members.domain.consents import Evidence, heard
from members.domain.members import Member


@dataclass(frozen=True, slots=True)
class Told:
    """The topic's last word on one member; `snapshot` None: that they are erased."""

    member_id: UUID
    version: int
    snapshot: MemberChanged | None
    reason: str = ""


class Standing(StrEnum):
    """How the database stands to what was told."""

    SAME = "same"
    BEHIND = "behind"
    """It knows an older version."""
    RESURRECTED = "resurrected"
    """It knows somebody of whom an erasure was told."""
    UNMARKED = "unmarked"
    """It knows nothing of somebody of whom an erasure was told, not even that."""
    UNKNOWN = "unknown"
    """It knows nothing of somebody who was told of: they came after the backup."""
    UNTOLD = "untold"
    """The topic lacks this version, and the outbox does too."""


def last_words(events: Iterable[Event]) -> dict[UUID, Told]:
    """The highest version of each member; an erasure is the end, whatever comes after it."""
    last: dict[UUID, Told] = {}
    for event in events:
        match event:
            case MemberChanged():
                told = Told(event.member_id, event.version, event)
            case MemberErased():
                told = Told(event.member_id, event.version, None, event.reason)
            case _:
                continue
        before = last.get(told.member_id)
        if before is None or (before.snapshot is not None and (told.snapshot is None or told.version > before.version)):
            last[told.member_id] = told
    return last


def standing(told: Told, version: int | None, *, marked: bool) -> Standing:
    """`version` None: no such row; `marked`: the database knows that they are erased."""
    if version is None:
        if marked:
            return Standing.SAME
        return Standing.UNMARKED if told.snapshot is None else Standing.UNKNOWN
    if told.snapshot is None:
        return Standing.RESURRECTED
    return Standing.BEHIND if version < told.version else Standing.SAME


def above(member: Member, snapshot: MemberChanged, today: date) -> Member:
    """The member as the database has them, at the version that was told, with what no backup undoes."""
    gone = member.status == MemberStatus.ACTIVE and snapshot.status in (MemberStatus.LEFT, MemberStatus.DECEASED)
    return replace(
        member,
        version=snapshot.version,
        evidence=heard(member.evidence, _words(member, snapshot)),
        status=snapshot.status if gone else member.status,
        left_on=today if gone else member.left_on,
    )


def _words(member: Member, snapshot: MemberChanged) -> list[Evidence]:
    """The evidence that was told and that the database lacks; one consent stands there once a purpose."""
    known = {word.consent_id for word in member.evidence}
    words: dict[UUID, Evidence] = {}
    for said in snapshot.consents:
        if said.consent_id not in known:
            purposes = words[said.consent_id].purposes if said.consent_id in words else ()
            words[said.consent_id] = Evidence(
                consent_id=said.consent_id,
                channel=said.channel,
                purposes=(*purposes, said.purpose),
                granted=said.granted,
                source=said.source,
                wording_version=said.wording_version,
                at=said.at,
            )
    return list(words.values())
