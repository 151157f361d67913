"""What a posted event makes of a member. Raises Refused with the field at fault."""

from collections.abc import Iterable
from dataclasses import replace

from chassis.errors import Refused
from members.domain.input_context import InputContext
from members.domain.intake import event_types
from members.domain.members.consents import extended
from members.domain.members.contact_points import CHANNEL_OF_LABEL, ContactPoint, contact_point, distinct
from members.domain.members.departure import die, leave
from members.domain.members.member import Member, Membership, refuse_nameless, split_interests
from members.domain.members.merge import SubmittedMember, SubmittedMembership, merge, new_member
from members.domain.units import UnitTree, is_within, place_fault, refuse_unknown

_DETAILS = {"membership_number", "given_name", "family_name", "language", "time_zone", "birthday"}


def apply_event(
    member: Member | None, event: event_types.PostedMemberEvent, tree: UnitTree, context: InputContext
) -> Member:
    """The member after the event; `member` None when the number is not known."""
    today = context.today
    if isinstance(event, event_types.MemberJoined):
        submitted = _submitted(event, tree, context)
        return new_member(submitted, today) if member is None else merge(member, submitted, today)
    if member is None:
        raise Refused("no member has this number", field="membership_number")
    match event:
        case event_types.MemberDetailsChanged():
            context.refuse_future(event.birthday, "birthday")
            after = replace(member, **event.model_dump(exclude_none=True, exclude={"membership_number"}))
            refuse_nameless(after.given_name, after.family_name)
            return after
        case event_types.MemberContactChanged():
            return replace(member, contact_points=_contact_points(member.contact_points, event, context))
        case event_types.MemberMembershipChanged():
            return replace(member, memberships=_memberships(member.memberships, event, tree, context))
        case event_types.MemberInterestsChanged():
            return _interests(member, event, context)
        case event_types.MemberConsentGiven() | event_types.MemberConsentWithdrawn():
            context.refuse_future(event.at, "at")
            evidence = event.as_evidence(granted=isinstance(event, event_types.MemberConsentGiven))
            return replace(member, evidence=extended(member.evidence, [evidence]))
        case event_types.MemberLeft():
            bodies = _ended_bodies(member, event.body, tree)
            context.refuse_future(event.on, "on")
            return leave(member, event.on or today, bodies, today)
        case event_types.MemberDied():
            context.refuse_future(event.on, "on")
            return die(member, event.on or today, today)
    raise Refused(f"a {event.type_name} has no meaning here")


def _ended_bodies(member: Member, body: str | None, tree: UnitTree) -> frozenset[str] | None:
    """The member's bodies whose membership ends on leaving this one: itself and those beneath it. None: all."""
    if body is None:
        return None
    bodies = frozenset(each for each in member.bodies if body in tree and is_within(tree, each, body))
    if not bodies:
        raise Refused("is not a body of this member", field="body")
    return bodies


def _contact_points(
    known: Iterable[ContactPoint], event: event_types.MemberContactChanged, context: InputContext
) -> tuple[ContactPoint, ...]:
    others = tuple(point for point in known if point.label != event.label)
    if event.address is None:
        return others
    point = _contact_point(event.label, event.address, context, field="address", preferred=event.preferred)
    return (point, *(other for other in others if (other.channel, other.address) != (point.channel, point.address)))


def _contact_point(
    label: str, address: str, context: InputContext, *, field: str, preferred: bool = False
) -> ContactPoint:
    try:
        return contact_point(label, CHANNEL_OF_LABEL[label], address, region=context.phone_region, preferred=preferred)
    except ValueError as error:
        raise Refused(str(error), field=field) from None


def _memberships(
    known: tuple[Membership, ...], event: event_types.MemberMembershipChanged, tree: UnitTree, context: InputContext
) -> tuple[Membership, ...]:
    refuse_unknown(tree, event.body, "body")
    at = next((i for i, each in enumerate(known) if each.body == event.body and each.is_open(context.today)), None)
    before = event.membership(context.today) if at is None else known[at]
    after = replace(before, **event.model_dump(exclude_none=True, exclude={"membership_number"}))
    if after.valid_to is not None and after.valid_to < after.valid_from:
        raise Refused("is before valid_from", field="valid_to")
    return (*known, after) if at is None else (*known[:at], after, *known[at + 1 :])


def _interests(member: Member, event: event_types.MemberInterestsChanged, context: InputContext) -> Member:
    removed, added = set(event.removed), set(event.added)
    ordinary = (set(member.interests) | (set() if event.sensitive else added)) - removed
    sensitive = (set(member.sensitive_interests) | (added if event.sensitive else set())) - removed
    ordinary_names, sensitive_names = split_interests(ordinary, sensitive, context.sensitive)
    return replace(member, interests=ordinary_names, sensitive_interests=sensitive_names)


def _submitted(event: event_types.MemberJoined, tree: UnitTree, context: InputContext) -> SubmittedMember:
    if fault := place_fault(tree, event.branch, event.workplace):
        raise Refused(fault.reason, field=fault.field)
    refuse_nameless(event.given_name, event.family_name)
    context.refuse_future(event.joined, "joined")
    context.refuse_future(event.birthday, "birthday")
    given = {"mobile": event.mobile, "phone": event.phone, "email": event.email}
    points = [_contact_point(label, text, context, field=label) for label, text in given.items() if text]
    ordinary, sensitive = split_interests(event.interests, event.sensitive_interests, context.sensitive)
    membership = SubmittedMembership(
        event.workplace or event.branch, **event.model_dump(include={"employer", "job", "unit", "joined"})
    )
    return SubmittedMember(
        **event.model_dump(include=_DETAILS),
        contact_points=distinct(points),
        memberships=(membership,),
        interests=ordinary,
        sensitive_interests=sensitive,
    )
