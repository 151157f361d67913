"""What a fact makes of a member. Raises Refused with the field at fault."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from chassis.errors import Refused
from contracts.enums import MemberStatus
from members.domain.bodies import Kind, Tree, in_branch
from members.domain.cells import Terms
from members.domain.consents import Evidence, heard
from members.domain.contacts import CHANNEL_OF, Contact, contact
from members.domain.facts import (
    MemberConsentGiven,
    MemberConsentWithdrawn,
    MemberContactChanged,
    MemberDetailsChanged,
    MemberDied,
    MemberFact,
    MemberInterestsChanged,
    MemberJoined,
    MemberLeft,
    MemberMembershipChanged,
)
from members.domain.members import Member, Place, split_interests
from members.domain.records import PlaceWord, Record, merged, new_member


def told(member: Member | None, fact: MemberFact, tree: Tree, terms: Terms) -> Member:
    """The member after the fact; `member` None when the number is not known."""
    if isinstance(fact, MemberJoined):
        record = _record(fact, tree, terms)
        return new_member(record, terms.today) if member is None else merged(member, record, terms.today)
    if member is None:
        raise Refused("no member has this number", field="membership_number")
    match fact:
        case MemberDetailsChanged():
            return _details(member, fact, terms)
        case MemberContactChanged():
            return replace(member, contacts=_contacts(member.contacts, fact, terms))
        case MemberMembershipChanged():
            return replace(member, places=_membership(member.places, fact, tree, terms))
        case MemberInterestsChanged():
            return _interests(member, fact, terms)
        case MemberConsentGiven() | MemberConsentWithdrawn():
            return replace(member, evidence=_evidence(member.evidence, fact, terms))
        case MemberLeft():
            return left(member, fact.on or terms.today, _beneath(member, fact.body, tree), terms.today)
        case MemberDied():
            return died(member, fact.on or terms.today, terms.today)
    raise Refused(f"a {type(fact).type_name} has no meaning here")


def _beneath(member: Member, body: str | None, tree: Tree) -> frozenset[str] | None:
    """The member's bodies that leaving this one ends: itself and what stands under it. None: all there are."""
    if body is None:
        return None
    bodies = frozenset(place.body for place in member.places if place.body in tree and body in tree[place.body].path)
    if not bodies:
        raise Refused("is not a body of this member", field="body")
    return bodies


def left(member: Member, day: date, bodies: frozenset[str] | None, today: date) -> Member:
    """Out of some bodies, or with None out of the union."""
    not_future(day, today, "on")
    places = tuple(
        _ended(place, day, today) if bodies is None or place.body in bodies else place for place in member.places
    )
    if bodies is not None and any(place.holds(today) and not _ended_by(place, day) for place in places):
        return replace(member, places=places)
    if member.status != MemberStatus.ACTIVE:
        return member
    return replace(member, places=places, status=MemberStatus.LEFT, left_on=day)


def died(member: Member, day: date, today: date) -> Member:
    """Nothing is sent to them any more."""
    not_future(day, today, "on")
    if member.status == MemberStatus.DECEASED:
        return member
    places = tuple(_ended(place, day, today) for place in member.places)
    return replace(member, places=places, status=MemberStatus.DECEASED, left_on=day)


def not_future(day: date | None, today: date, field: str) -> None:
    """Raises Refused naming the field."""
    if day is not None and day > today:
        raise Refused("lies in the future", field=field)


def _ended(place: Place, day: date, today: date) -> Place:
    return replace(place, valid_to=max(day, place.valid_from)) if place.holds(today) else place


def _ended_by(place: Place, day: date) -> bool:
    return place.valid_to is not None and place.valid_to <= max(day, place.valid_from)


def _details(member: Member, fact: MemberDetailsChanged, terms: Terms) -> Member:
    not_future(fact.birthday, terms.today, "birthday")
    return replace(member, **fact.model_dump(exclude_none=True, exclude={"membership_number"}))


def _contacts(known: Iterable[Contact], fact: MemberContactChanged, terms: Terms) -> tuple[Contact, ...]:
    others = tuple(point for point in known if point.label != fact.label)
    if fact.address is None:
        return others
    point = _contact(fact.label, fact.address, terms, field="address", preferred=fact.preferred)
    return (point, *(other for other in others if (other.channel, other.address) != (point.channel, point.address)))


def _contact(label: str, address: str, terms: Terms, *, field: str, preferred: bool = False) -> Contact:
    try:
        return contact(label, CHANNEL_OF[label], address, region=terms.region, preferred=preferred)
    except ValueError as error:
        raise Refused(str(error), field=field) from None


def _membership(known: tuple[Place, ...], fact: MemberMembershipChanged, tree: Tree, terms: Terms) -> tuple[Place, ...]:
    must_be_in(tree, fact.body, "body")
    at = next(
        (index for index, place in enumerate(known) if place.body == fact.body and place.holds(terms.today)), None
    )
    before = Place(fact.body, fact.valid_from or terms.today) if at is None else known[at]
    said = fact.model_dump(exclude_none=True, exclude={"membership_number"})
    after = replace(before, **said)
    if after.valid_to is not None and after.valid_to < after.valid_from:
        raise Refused("is before valid_from", field="valid_to")
    return (*known, after) if at is None else (*known[:at], after, *known[at + 1 :])


def must_be_in(tree: Tree, body: str, field: str) -> None:
    """Raises Refused unless the body exists."""
    if body not in tree:
        raise Refused("is not the id of a body", field=field)


def _interests(member: Member, fact: MemberInterestsChanged, terms: Terms) -> Member:
    gone = set(fact.removed)
    ordinary = (set(member.interests) | (set() if fact.sensitive else set(fact.added))) - gone
    sensitive = (set(member.sensitive) | (set(fact.added) if fact.sensitive else set())) - gone
    kept, apart = split_interests(ordinary, sensitive, terms.sensitive)
    return replace(member, interests=kept, sensitive=apart)


def _evidence(
    log: tuple[Evidence, ...], fact: MemberConsentGiven | MemberConsentWithdrawn, terms: Terms
) -> tuple[Evidence, ...]:
    if fact.at > terms.now:
        raise Refused("lies in the future", field="at")
    word = Evidence.new(
        fact.channel,
        fact.purposes,
        granted=isinstance(fact, MemberConsentGiven),
        source=fact.source,
        wording_version=fact.wording_version,
        at=fact.at,
    )
    return heard(log, [word])


def _record(fact: MemberJoined, tree: Tree, terms: Terms) -> Record:
    must_be_in(tree, fact.branch, "branch")
    if tree[fact.branch].kind is not Kind.BRANCH:
        raise Refused("is not the id of a branch", field="branch")
    if fact.workplace and not in_branch(tree, fact.workplace, fact.branch):
        raise Refused("is not the id of a workplace in that branch", field="workplace")
    not_future(fact.joined, terms.today, "joined")
    not_future(fact.birthday, terms.today, "birthday")
    said = {label: getattr(fact, label) for label in CHANNEL_OF if getattr(fact, label)}
    points = [_contact(label, address, terms, field=label) for label, address in said.items()]
    ordinary, sensitive = split_interests(fact.interests, fact.sensitive_interests, terms.sensitive)
    return Record(
        membership_number=fact.membership_number,
        given_name=fact.given_name,
        family_name=fact.family_name,
        language=fact.language,
        time_zone=fact.time_zone,
        birthday=fact.birthday,
        contacts=tuple({(point.channel, point.address): point for point in reversed(points)}.values()),
        places=(
            PlaceWord(
                body=fact.workplace or fact.branch,
                employer=fact.employer,
                job=fact.job,
                unit=fact.unit,
                joined=fact.joined,
            ),
        ),
        interests=ordinary,
        sensitive=sensitive,
    )
