"""A member leaves, or dies."""

from dataclasses import replace
from datetime import date

from contracts.enums import MemberStatus
from members.domain.members.member import Member, Membership


def leave(member: Member, day: date, bodies: frozenset[str] | None, today: date) -> Member:
    """End the memberships of some bodies, or with None all; without an open one left, the member has left the union."""
    memberships = tuple(
        _ended(each, day, today) if bodies is None or each.body in bodies else each for each in member.memberships
    )
    if bodies is not None and any(each.is_open(today) and not _ends_by(each, day) for each in memberships):
        return replace(member, memberships=memberships)
    if member.status != MemberStatus.ACTIVE:
        return member
    return replace(member, memberships=memberships, status=MemberStatus.LEFT, left_on=day)


def die(member: Member, day: date, today: date) -> Member:
    """End all memberships; nothing is sent to the member any more."""
    if member.status == MemberStatus.DECEASED:
        return member
    memberships = tuple(_ended(each, day, today) for each in member.memberships)
    return replace(member, memberships=memberships, status=MemberStatus.DECEASED, left_on=day)


def _ended(membership: Membership, day: date, today: date) -> Membership:
    return replace(membership, valid_to=max(day, membership.valid_from)) if membership.is_open(today) else membership


def _ends_by(membership: Membership, day: date) -> bool:
    return membership.valid_to is not None and membership.valid_to <= max(day, membership.valid_from)
