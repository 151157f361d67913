"""People of a roll: rows with the same membership number are one person in several branches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from chassis.errors import Fault
from members.domain.imports.rows import Rejection, Row
from members.domain.members.contact_points import distinct
from members.domain.members.merge import SubmittedMember
from members.domain.units import UnitTree, place_fault

_MEMBERSHIP_COLUMNS = frozenset({"membership_number", "branch", "workplace", "employer", "job", "unit", "joined"})
_LIST_COLUMNS = frozenset({"interests", "sensitive_interests"})
"""The values of all rows are taken together; in every other column they must agree."""


@dataclass(slots=True)
class Person:
    """One person of the file, with their rows."""

    rows: list[Row]
    submitted: SubmittedMember


def group_rows(
    rows: Iterable[Row], tree: UnitTree, staged: Iterable[Person] = ()
) -> tuple[list[Person], list[Rejection]]:
    """The people staged before and those of the rows, in the order of the file, and the rows that name a wrong body or
    contradict an earlier row."""
    people = {person.submitted.membership_number: person for person in staged}
    rejections: list[Rejection] = []
    for row in rows:
        number = row.submitted.membership_number
        person = people.get(number)
        fault = place_fault(tree, row.values["branch"], row.values.get("workplace"))
        fault = fault or (_contradiction(person, row) if person is not None else None)
        if fault is not None:
            rejections.append(Rejection(row.line, fault.field, fault.reason, row.cells, number))
        elif person is None:
            people[number] = Person([row], row.submitted)
        else:
            person.rows.append(row)
            person.submitted = _combine(person.submitted, row.submitted)
    return list(people.values()), rejections


def person_of(rows: Sequence[Row]) -> Person:
    """The person of rows that were grouped before."""
    return Person(list(rows), reduce(_combine, (row.submitted for row in rows)))


def _contradiction(person: Person, row: Row) -> Fault | None:
    for earlier in person.rows:
        if earlier.values["branch"] == row.values["branch"]:
            if earlier.values == row.values:
                return Fault("membership_number", f"the same as row {earlier.line}")
            return Fault("membership_number", f"a second row for this branch; differs from row {earlier.line}")
    for earlier in person.rows:
        mine, theirs = dict(row.values), dict(earlier.values)
        for column in theirs.keys() & mine.keys():
            if column not in _MEMBERSHIP_COLUMNS | _LIST_COLUMNS and theirs[column] != mine[column]:
                return Fault(column, f"differs from row {earlier.line}")
    return None


def _combine(one: SubmittedMember, other: SubmittedMember) -> SubmittedMember:
    sensitive = {*one.sensitive_interests, *other.sensitive_interests}
    evidence = {each.channel: each for each in (*other.evidence, *one.evidence)}
    return replace(
        one,
        given_name=one.given_name or other.given_name,
        family_name=one.family_name or other.family_name,
        language=one.language or other.language,
        time_zone=one.time_zone or other.time_zone,
        birthday=one.birthday or other.birthday,
        preferred_channel=one.preferred_channel or other.preferred_channel,
        contact_points=distinct((*one.contact_points, *other.contact_points)),
        memberships=(*one.memberships, *other.memberships),
        interests=tuple(sorted({*one.interests, *other.interests} - sensitive)),
        sensitive_interests=tuple(sorted(sensitive)),
        evidence=tuple(evidence.values()),
    )
