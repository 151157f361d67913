"""What a request makes of a member."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import uuid4

from chassis.errors import Fault, Refused
from contracts.enums import MemberStatus
from members.domain.input_context import InputContext
from members.domain.members.consents import extended
from members.domain.members.contact_points import DEFAULT_LABELS, ContactPoint, contact_point
from members.domain.members.departure import die, leave
from members.domain.members.member import Member, Membership, split_interests
from members.domain.members.requests import MemberPatch, NewContactPoint, NewMember, NewMembership
from members.domain.units import UnitTree


def create_member(request: NewMember, tree: UnitTree, context: InputContext) -> Member:
    """A member under a random id, at version 0: storing raises it to 1. Raises Refused."""
    blank = Member(uuid4(), 0, request.membership_number, request.given_name, request.family_name)
    member = _with_given(blank, request, tree, context)
    return replace(member, evidence=extended((), [consent.evidence(context) for consent in request.consents]))


def patch_member(member: Member, request: MemberPatch, tree: UnitTree, context: InputContext) -> Member:
    """The member afterwards. Raises Refused."""
    after = _with_given(member, request, tree, context)
    if "status" not in request.model_fields_set or request.status == member.status:
        return after
    match request.status:
        case MemberStatus.LEFT:
            return leave(replace(after, status=MemberStatus.ACTIVE), context.today, None, context.today)
        case MemberStatus.DECEASED:
            return die(after, context.today, context.today)
        case _:
            return replace(after, status=MemberStatus.ACTIVE, left_on=None)


def _with_given(member: Member, request: NewMember | MemberPatch, tree: UnitTree, context: InputContext) -> Member:
    given = request.model_fields_set
    context.refuse_future(request.birthday, "birthday")
    ordinary = request.interests if "interests" in given else member.interests
    sensitive = request.sensitive_interests if "sensitive_interests" in given else member.sensitive_interests
    if given & {"interests", "sensitive_interests"}:
        ordinary, sensitive = split_interests(ordinary, sensitive, context.sensitive)
    points = _contact_points(request.contact_points, context) if "contact_points" in given else member.contact_points
    memberships = member.memberships
    if "memberships" in given:
        memberships = _memberships(request.memberships, tree, context.today)
    return replace(
        member,
        given_name=request.given_name if "given_name" in given else member.given_name,
        family_name=request.family_name if "family_name" in given else member.family_name,
        language=request.language if "language" in given else member.language,
        time_zone=request.time_zone if "time_zone" in given else member.time_zone,
        birthday=request.birthday if "birthday" in given else member.birthday,
        contact_points=points,
        memberships=memberships,
        interests=ordinary,
        sensitive_interests=sensitive,
    )


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
    return tuple(
        Membership(each.body, each.valid_from or today, each.valid_to, each.employer, each.job, each.unit)
        for each in requests
    )
