"""One person as another system describes them: a row of the roll or a `member.joined` event.

What is None or missing says nothing: it is left as it is. Nothing is removed by absence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from chassis.errors import Refused
from contracts.enums import MemberStatus
from members.domain.consents import Evidence, heard
from members.domain.contacts import Contact
from members.domain.members import Member, Place
from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class PlaceWord:
    """A membership as described; `joined` None is today for a new one."""

    body: str
    employer: str | None = None
    job: str | None = None
    unit: str | None = None
    joined: date | None = None


@dataclass(frozen=True, slots=True)
class ConsentWord:
    """A consent given or withdrawn for some purposes on one channel."""

    channel: str
    purposes: tuple[str, ...]
    granted: bool
    source: str
    wording_version: str
    at: datetime

    def evidence(self) -> Evidence:
        """The same under an id."""
        return Evidence(uuid4(), self.channel, self.purposes, self.granted, self.source, self.wording_version, self.at)


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that was said of one person."""

    membership_number: str
    given_name: str
    family_name: str
    language: str | None = None
    time_zone: str | None = None
    birthday: date | None = None
    contacts: tuple[Contact, ...] = ()
    preferred_channel: str | None = None
    places: tuple[PlaceWord, ...] = ()
    interests: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    consents: tuple[ConsentWord, ...] = ()


RECORD: TypeAdapter[Record] = TypeAdapter(Record)
"""Reads a record back from JSON."""


def new_member(record: Record, today: date) -> Member:
    """Somebody we did not know, under a random id. The version is raised when it is stored."""
    blank = Member(uuid4(), 0, record.membership_number, record.given_name, record.family_name)
    return merged(blank, record, today)


def merged(member: Member, record: Record, today: date) -> Member:
    """What we know of a member after the record. Raises Refused for the dead, and for a stale word on a leaver."""
    _check_may_return(member, record)
    return Member(
        member_id=member.member_id,
        version=member.version,
        membership_number=member.membership_number,
        given_name=record.given_name,
        family_name=record.family_name,
        status=MemberStatus.ACTIVE,
        left_on=None,
        language=record.language or member.language,
        time_zone=record.time_zone or member.time_zone,
        birthday=record.birthday or member.birthday,
        contacts=_contacts(member.contacts, record.contacts, record.preferred_channel),
        places=_places(member.places, record.places, today),
        interests=tuple(sorted({*member.interests, *record.interests} - {*record.sensitive, *member.sensitive})),
        sensitive=tuple(sorted({*member.sensitive, *record.sensitive})),
        evidence=heard(member.evidence, [word.evidence() for word in record.consents]),
    )


def _check_may_return(member: Member, record: Record) -> None:
    if member.status == MemberStatus.DECEASED:
        raise Refused("this member is recorded as deceased", field="membership_number")
    if member.status == MemberStatus.LEFT:
        joined = max((place.joined for place in record.places if place.joined), default=None)
        if joined is None or (member.left_on is not None and joined <= member.left_on):
            raise Refused("this member has left; only a later date brings them back", field="joined")


def _contacts(known: Sequence[Contact], said: Sequence[Contact], preferred_channel: str | None) -> tuple[Contact, ...]:
    """The points by label, what was said in the place of what was known; one address is kept once."""
    by_label = {point.label: point for point in known} | {
        point.label: _keeping_preference(point, known) for point in said
    }
    points: dict[tuple[str, str], Contact] = {}
    for point in by_label.values():
        points.setdefault((point.channel, point.address), point)
    if preferred_channel is None:
        return tuple(points.values())
    return tuple(
        Contact(point.label, point.channel, point.address, point.channel == preferred_channel, point.textable)
        for point in points.values()
    )


def _keeping_preference(point: Contact, known: Sequence[Contact]) -> Contact:
    before = next((other for other in known if other.label == point.label), None)
    preferred = point.preferred or (before is not None and before.preferred)
    return Contact(point.label, point.channel, point.address, preferred, point.textable)


def _places(known: Sequence[Place], said: Sequence[PlaceWord], today: date) -> tuple[Place, ...]:
    places = list(known)
    for word in said:
        at = next((index for index, place in enumerate(places) if place.body == word.body and place.holds(today)), None)
        if at is None:
            _check_may_come_back(places, word)
        before = Place(word.body, word.joined or today) if at is None else places[at]
        after = Place(
            body=word.body,
            valid_from=word.joined or before.valid_from,
            valid_to=before.valid_to,
            employer=word.employer or before.employer,
            job=word.job or before.job,
            unit=word.unit or before.unit,
        )
        if at is None:
            places.append(after)
        else:
            places[at] = after
    return tuple(places)


def _check_may_come_back(places: Sequence[Place], word: PlaceWord) -> None:
    ended = max((place.valid_to for place in places if place.body == word.body and place.valid_to), default=None)
    if ended and (word.joined is None or word.joined <= ended):
        raise Refused("this member has left the body; only a later date brings them back", field="joined")
