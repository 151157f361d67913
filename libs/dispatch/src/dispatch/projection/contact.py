"""What one channel's dispatcher needs of a member's snapshot."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from contracts.enums import Channel, MemberStatus
from contracts.events.members import ContactPoint, MemberChanged

Hash = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Grant:
    """A member's latest consent on this channel for one purpose, given or refused."""

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
    points = [point for point in member.contact_points if point.channel == channel]
    point = max(points, key=lambda point: (_usable(point), point.preferred), default=None)
    consents = sorted(member.consents, key=lambda consent: consent.at)
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
        usable=point is None or _usable(point),
        consents={
            one.purpose: Grant(one.consent_id, one.granted, one.at) for one in consents if one.channel == channel
        },
        places=tuple(
            UnitPath(tuple(reversed(place.path)) or (place.body,), place.valid_from, place.valid_to)
            for place in member.memberships
        ),
    )


def _usable(point: ContactPoint) -> bool:
    """A landline cannot be texted."""
    return point.textable or point.channel != Channel.SMS
