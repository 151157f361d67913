"""What one channel's dispatcher needs of a member's snapshot."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from contracts.enums import Channel, MemberStatus
from contracts.members import ContactPoint, MemberChanged, Membership

Hash = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Grant:
    """A member's latest word on this channel for one purpose."""

    consent_id: UUID
    granted: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class UnitPath:
    """A membership: ids of the bodies from the member's own up to the union, from a day to a day, both included."""

    path: tuple[str, ...]
    since: date
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        """Begun, and not ended."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Contact:
    """A member as this channel needs them. Erased: only the id and the version are left."""

    member_id: UUID
    version: int
    erased: bool = False
    status: str = MemberStatus.ACTIVE
    given_name: str = ""
    family_name: str = ""
    language: str = ""
    time_zone: str = ""
    address: str | None = None
    address_hash: str | None = None
    usable: bool = True
    """False: a landline cannot be texted."""
    consents: dict[str, Grant] = field(default_factory=dict)
    places: tuple[UnitPath, ...] = ()
    """The member's memberships, those that have ended or not begun among them."""


def contact_of(member: MemberChanged, channel: str, hash_address: Hash) -> Contact:
    """The preferred usable address of the channel, its consents, and the places whose name a message may carry."""
    point = _best([point for point in member.contact_points if point.channel == channel])
    return Contact(
        member_id=member.member_id,
        version=member.version,
        status=member.status,
        given_name=member.given_name,
        family_name=member.family_name,
        language=member.language,
        time_zone=member.time_zone,
        address=point.address if point else None,
        address_hash=hash_address(channel, point.address) if point else None,
        usable=_usable(point) if point else True,
        consents={
            consent.purpose: Grant(consent.consent_id, consent.granted, consent.at)
            for consent in sorted(member.consents, key=lambda consent: consent.at)
            if consent.channel == channel
        },
        places=tuple(_place(membership) for membership in member.memberships),
    )


def _usable(point: ContactPoint) -> bool:
    """Only a text minds a landline."""
    return point.textable or point.channel != Channel.SMS


def _best(points: list[ContactPoint]) -> ContactPoint | None:
    return max(points, key=lambda point: (_usable(point), point.preferred), default=None)


def _place(membership: Membership) -> UnitPath:
    path = tuple(reversed(membership.path)) or (membership.body,)
    return UnitPath(path, membership.valid_from, membership.valid_to)
