"""What a REST caller may say of a member, and what it makes of one. Strict: an unknown field is refused."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any
from uuid import uuid4

from chassis.errors import Fault, Forbidden, Refused
from contracts.enums import Channel, MemberStatus, Purpose
from contracts.field_types import Day, Moment
from members.domain.bodies import Tree, in_branch
from members.domain.cells import Terms
from members.domain.consents import Evidence, heard
from members.domain.contacts import Contact, contact
from members.domain.members import Member, Place, branch_of, split_interests
from members.domain.telling import died, left
from members.domain.text import Language, MembershipNumber, Name, Slug, TimeZone, Wording, Words
from pydantic import BaseModel, ConfigDict, Field

_LABELS = {Channel.SMS: "mobile", Channel.EMAIL: "email"}


class Body(BaseModel):
    """Base of request bodies."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ContactWord(Body):
    """A contact point; `label` tells several of a channel apart (mobile, phone and email are the roll's)."""

    channel: Channel
    address: Annotated[str, Field(min_length=1, max_length=320, examples=["07700 900123"])]
    label: Slug | None = None
    preferred: bool = False


class MembershipWord(Body):
    """A place in a body, from a day to a day (both included)."""

    body: Slug
    employer: Words | None = None
    job: Words | None = None
    unit: Words | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None


class ConsentGiven(Body):
    """A consent given or withdrawn, with its evidence; `at` may not lie in the future."""

    channel: Channel
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1, max_length=len(Purpose))]
    granted: bool
    source: Wording
    wording_version: Wording
    at: Moment

    def evidence(self, terms: Terms) -> Evidence:
        """The same under an id. Raises Refused."""
        if self.at > terms.now:
            raise Refused("lies in the future", field="at")
        return Evidence.new(
            self.channel,
            self.purposes,
            granted=self.granted,
            source=self.source,
            wording_version=self.wording_version,
            at=self.at,
        )


_Contacts = Annotated[tuple[ContactWord, ...], Field(max_length=10)]
_Places = Annotated[tuple[MembershipWord, ...], Field(max_length=20)]
_Slugs = Annotated[tuple[Slug, ...], Field(max_length=50)]


class MemberPatch(Body):
    """What is given replaces what was there, lists as a whole; `birthday` may be null."""

    given_name: Name = ""
    family_name: Name = ""
    language: Language = "en"
    time_zone: TimeZone = "Europe/London"
    birthday: Day | None = None
    status: MemberStatus = MemberStatus.ACTIVE
    contact_points: _Contacts = ()
    memberships: _Places = ()
    interests: _Slugs = ()
    sensitive_interests: _Slugs = ()


class NewMember(Body):
    """Somebody new."""

    membership_number: MembershipNumber
    given_name: Name
    family_name: Name
    language: Language = "en"
    time_zone: TimeZone = "Europe/London"
    birthday: Day | None = None
    contact_points: _Contacts = ()
    memberships: _Places = ()
    interests: _Slugs = ()
    sensitive_interests: _Slugs = ()
    consents: Annotated[tuple[ConsentGiven, ...], Field(max_length=20)] = ()


def created(word: NewMember, tree: Tree, terms: Terms) -> Member:
    """A member under a random id; the version is raised when it is stored. Raises Refused."""
    blank = Member(uuid4(), 0, word.membership_number, word.given_name, word.family_name)
    member = _with(blank, word, word.model_fields_set - {"membership_number", "consents"}, tree, terms)
    return replace(member, evidence=heard((), [consent.evidence(terms) for consent in word.consents]))


def patched(member: Member, word: MemberPatch, tree: Tree, terms: Terms) -> Member:
    """The member with what was given. Raises Refused."""
    after = _with(member, word, word.model_fields_set - {"status"}, tree, terms)
    if "status" not in word.model_fields_set or word.status == member.status:
        return after
    match word.status:
        case MemberStatus.LEFT:
            return left(replace(after, status=MemberStatus.ACTIVE), terms.today, None, terms.today)
        case MemberStatus.DECEASED:
            return died(after, terms.today, terms.today)
        case _:
            return replace(after, status=MemberStatus.ACTIVE, left_on=None)


def _with(member: Member, word: NewMember | MemberPatch, given: set[str], tree: Tree, terms: Terms) -> Member:
    said: dict[str, Any] = {}
    for name in given & {"given_name", "family_name", "language", "time_zone", "birthday"}:
        said[name] = getattr(word, name)
    if word.birthday is not None and word.birthday > terms.today:
        raise Refused("lies in the future", field="birthday")
    if "contact_points" in given:
        said["contacts"] = _contacts(word.contact_points, terms)
    if "memberships" in given:
        said["places"] = _places(word.memberships, tree, terms.today)
    if given & {"interests", "sensitive_interests"}:
        ordinary = word.interests if "interests" in given else member.interests
        sensitive = word.sensitive_interests if "sensitive_interests" in given else member.sensitive
        said["interests"], said["sensitive"] = split_interests(ordinary, sensitive, terms.sensitive)
    return replace(member, **said)


def _contacts(words: Sequence[ContactWord], terms: Terms) -> tuple[Contact, ...]:
    points: list[Contact] = []
    faults: list[Fault] = []
    for index, word in enumerate(words):
        label = word.label or _LABELS[word.channel]
        try:
            point = contact(label, word.channel, word.address, region=terms.region, preferred=word.preferred)
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


def _places(words: Sequence[MembershipWord], tree: Tree, today: date) -> tuple[Place, ...]:
    faults: list[Fault] = []
    for index, word in enumerate(words):
        if word.body not in tree:
            faults.append(Fault(f"memberships.{index}.body", "is not the id of a body"))
        if word.valid_to is not None and word.valid_to < (word.valid_from or today):
            faults.append(Fault(f"memberships.{index}.valid_to", "is before valid_from"))
    if faults:
        raise Refused(f"{len(faults)} fault(s) in the memberships", faults=faults)
    return tuple(
        Place(word.body, word.valid_from or today, word.valid_to, word.employer, word.job, word.unit) for word in words
    )


def check_reach(member: Member, tree: Tree, branch: str | None, today: date) -> None:
    """A caller limited to a branch reaches its present members. Raises Forbidden."""
    if branch is not None and not branch_of(member, tree, branch, today):
        raise Forbidden("the token is for another branch's members")


def check_places(before: Member | None, after: Member, tree: Tree, branch: str | None) -> None:
    """A caller limited to a branch writes memberships of that branch only, and of a known body. Raises Forbidden."""
    if branch is None:
        return
    kept = {place for place in (before.places if before else ()) if not in_branch(tree, place.body, branch)}
    if {place for place in after.places if not in_branch(tree, place.body, branch)} != kept:
        raise Forbidden("the token is for the memberships of another branch")
    if before is None and not after.places:
        raise Forbidden("the token is for one branch; name it in memberships")
