"""A person as a roll or a `member.joined` event describes them, and its merge into what is known of a member.

None and missing values change nothing. Nothing is removed by absence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import uuid4

from chassis.errors import Refused
from contracts.enums import MemberStatus
from members.domain.members.consents import Evidence, extended
from members.domain.members.contact_points import ContactPoint, distinct
from members.domain.members.member import Member, Membership
from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class SubmittedMembership:
    """`joined` None is today for a new membership."""

    body: str
    employer: str | None = None
    job: str | None = None
    unit: str | None = None
    joined: date | None = None


@dataclass(frozen=True, slots=True)
class SubmittedMember:
    """Everything that was submitted about one person."""

    membership_number: str
    given_name: str
    family_name: str
    language: str | None = None
    time_zone: str | None = None
    birthday: date | None = None
    contact_points: tuple[ContactPoint, ...] = ()
    preferred_channel: str | None = None
    memberships: tuple[SubmittedMembership, ...] = ()
    interests: tuple[str, ...] = ()
    sensitive_interests: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


SUBMITTED_MEMBER: TypeAdapter[SubmittedMember] = TypeAdapter(SubmittedMember)
"""Reads one from JSON."""


def new_member(submitted: SubmittedMember, today: date) -> Member:
    """A member under a random id, at version 0: storing raises it to 1."""
    blank = Member(uuid4(), 0, submitted.membership_number, "", "")
    return merge(blank, submitted, today)


def merge(member: Member, submitted: SubmittedMember, today: date) -> Member:
    """The member afterwards. Raises Refused for a member who died, or who left after the date submitted."""
    _refuse_return(member, submitted)
    sensitive = {*submitted.sensitive_interests, *member.sensitive_interests}
    return replace(
        member,
        given_name=submitted.given_name or member.given_name,
        family_name=submitted.family_name or member.family_name,
        status=MemberStatus.ACTIVE,
        left_on=None,
        language=submitted.language or member.language,
        time_zone=submitted.time_zone or member.time_zone,
        birthday=submitted.birthday or member.birthday,
        contact_points=_merge_contact_points(
            member.contact_points, submitted.contact_points, submitted.preferred_channel
        ),
        memberships=_merge_memberships(member.memberships, submitted.memberships, today),
        interests=tuple(sorted({*member.interests, *submitted.interests} - sensitive)),
        sensitive_interests=tuple(sorted(sensitive)),
        evidence=extended(member.evidence, submitted.evidence),
    )


def _refuse_return(member: Member, submitted: SubmittedMember) -> None:
    if member.status == MemberStatus.DECEASED:
        raise Refused("this member is recorded as deceased", field="membership_number")
    if member.status == MemberStatus.LEFT:
        joined = max((each.joined for each in submitted.memberships if each.joined), default=None)
        if joined is None or (member.left_on is not None and joined <= member.left_on):
            raise Refused("this member has left; only a later date brings them back", field="joined")


def _merge_contact_points(
    known: Sequence[ContactPoint], submitted: Sequence[ContactPoint], preferred_channel: str | None
) -> tuple[ContactPoint, ...]:
    """By label, submitted before known; one address is kept once."""
    by_label = {point.label: point for point in known}
    for point in submitted:
        before = by_label.get(point.label)
        by_label[point.label] = replace(point, preferred=True) if before is not None and before.preferred else point
    points = distinct(by_label.values())
    if preferred_channel is None:
        return points
    return tuple(replace(point, preferred=point.channel == preferred_channel) for point in points)


def _merge_memberships(
    known: Sequence[Membership], submitted: Sequence[SubmittedMembership], today: date
) -> tuple[Membership, ...]:
    memberships = list(known)
    for each in submitted:
        at = next((i for i, one in enumerate(memberships) if one.body == each.body and one.is_open(today)), None)
        if at is None:
            _refuse_reopening(memberships, each)
            memberships.append(Membership(each.body, each.joined or today, None, each.employer, each.job, each.unit))
        else:
            before = memberships[at]
            memberships[at] = replace(
                before,
                valid_from=each.joined or before.valid_from,
                employer=each.employer or before.employer,
                job=each.job or before.job,
                unit=each.unit or before.unit,
            )
    return tuple(memberships)


def _refuse_reopening(memberships: Sequence[Membership], submitted: SubmittedMembership) -> None:
    ends = (each.valid_to for each in memberships if each.body == submitted.body and each.valid_to)
    ended = max(ends, default=None)
    if ended and (submitted.joined is None or submitted.joined <= ended):
        raise Refused("this member has left the body; only a later date brings them back", field="joined")
