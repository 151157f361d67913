"""What one channel's dispatcher needs of a member's snapshot."""

from collections.abc import Callable

from contracts.enums import Channel
from contracts.members import ContactPoint, MemberChanged, Membership
from dispatch.domain.facts import Contact, Grant, Place

Hash = Callable[[str, str], str]


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


def _place(membership: Membership) -> Place:
    path = tuple(reversed(membership.path)) or (membership.body,)
    return Place(path, membership.valid_from, membership.valid_to)
