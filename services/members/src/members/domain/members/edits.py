"""What a request makes of a member."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import uuid4

from chassis.errors import Fault, Refused
from contracts.enums import MemberStatus
from members.domain import field_types as fields
from members.domain.input_context import InputContext
from members.domain.members.consents import Evidence, extended
from members.domain.members.contact_points import DEFAULT_LABELS, ContactPoint, NewContactPoint, contact_point
from members.domain.members.departure import die, leave
from members.domain.members.member import Member, Membership, NewMembership, refuse_nameless, split_interests
from members.domain.units import UnitTree
from pydantic import Field


class MemberFields(fields.Input):
    """Fields of a member that callers may send."""

    given_name: fields.GivenName = ""
    family_name: fields.FamilyName = ""
    language: fields.Language = "en"
    time_zone: fields.TimeZone = "Europe/London"
    birthday: fields.Birthday = None
    contact_points: tuple[NewContactPoint, ...] = Field(default=(), max_length=10, description="Numbers and addresses")
    memberships: tuple[NewMembership, ...] = Field(default=(), max_length=20, description="Memberships of bodies")
    interests: fields.Interests = ()
    sensitive_interests: fields.SensitiveInterests = ()


_REPLACED = MemberFields.model_fields.keys() - {"contact_points", "memberships"}


def create_member(
    number: str, given: MemberFields, consents: Sequence[Evidence], tree: UnitTree, context: InputContext
) -> Member:
    """A member under a random id, at version 0: storing raises it to 1. Raises Refused."""
    for evidence in consents:
        context.refuse_future(evidence.at, "at")
    member = _edited(Member(uuid4(), 0, number, "", ""), given, tree, context)
    return replace(member, evidence=extended((), consents))


def patch_member(
    member: Member, given: MemberFields, status: MemberStatus | None, tree: UnitTree, context: InputContext
) -> Member:
    """The member afterwards: what is given replaces what was known, and a status None stays. Raises Refused."""
    after = _edited(member, given, tree, context)
    if status is None or status == member.status:
        return after
    match status:
        case MemberStatus.LEFT:
            return leave(replace(after, status=MemberStatus.ACTIVE), context.today, None, context.today)
        case MemberStatus.DECEASED:
            return die(after, context.today, context.today)
        case _:
            return replace(after, status=MemberStatus.ACTIVE, left_on=None)


def _edited(member: Member, given: MemberFields, tree: UnitTree, context: InputContext) -> Member:
    context.refuse_future(given.birthday, "birthday")
    after = replace(member, **given.model_dump(include=_REPLACED, exclude_unset=True))
    if given.model_fields_set & {"interests", "sensitive_interests"}:
        ordinary, sensitive = split_interests(after.interests, after.sensitive_interests, context.sensitive)
        after = replace(after, interests=ordinary, sensitive_interests=sensitive)
    if "contact_points" in given.model_fields_set:
        after = replace(after, contact_points=_contact_points(given.contact_points, context))
    if "memberships" in given.model_fields_set:
        after = replace(after, memberships=_memberships(given.memberships, tree, context.today))
    refuse_nameless(after.given_name, after.family_name)
    return after


def _contact_points(requests: Sequence[NewContactPoint], context: InputContext) -> tuple[ContactPoint, ...]:
    points: list[ContactPoint] = []
    faults: list[Fault] = []
    for index, each in enumerate(requests):
        label = each.label or DEFAULT_LABELS[each.channel]
        try:
            point = contact_point(
                label, each.channel, each.address, region=context.phone_region, preferred=each.preferred
            )
        except ValueError as error:
            faults.append(Fault(f"contact_points.{index}.address", str(error)))
            continue
        if any(label == other.label for other in points):
            faults.append(Fault(f"contact_points.{index}.label", "is there twice"))
        if any((point.channel, point.address) == (other.channel, other.address) for other in points):
            faults.append(Fault(f"contact_points.{index}.address", "is there twice"))
        points.append(point)
    if faults:
        raise Refused(f"{len(faults)} fault(s) in the contact points", faults=faults)
    return tuple(points)


def _memberships(requests: Sequence[NewMembership], tree: UnitTree, today: date) -> tuple[Membership, ...]:
    faults: list[Fault] = []
    for index, each in enumerate(requests):
        if each.body not in tree:
            faults.append(Fault(f"memberships.{index}.body", "is not the id of a body"))
        if each.valid_to is not None and each.valid_to < (each.valid_from or today):
            faults.append(Fault(f"memberships.{index}.valid_to", "is before valid_from"))
    if faults:
        raise Refused(f"{len(faults)} fault(s) in the memberships", faults=faults)
    return tuple(each.membership(today) for each in requests)
