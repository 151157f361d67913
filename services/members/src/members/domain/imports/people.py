"""People of a roll: rows with the same membership number are one person in several branches."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from members.domain.imports.rows import Rejection, Row
from members.domain.members.merge import SubmittedMember
from members.domain.units import UnitTree, is_branch, is_within

_MEMBERSHIP_COLUMNS = frozenset({"membership_number", "branch", "workplace", "employer", "job", "unit", "joined"})
_LIST_COLUMNS = frozenset({"interests", "sensitive_interests"})
"""The values of all rows are taken together; in every other column they must agree."""


@dataclass(slots=True)
class Person:
    """One person of the file, with their rows."""

    rows: list[Row]
    submitted: SubmittedMember

    @property
    def lines(self) -> list[int]:
        """The numbers of their lines."""
        return [row.line for row in self.rows]


def group_rows(rows: Iterable[Row], tree: UnitTree) -> tuple[list[Person], list[Rejection]]:
    """People in the order of the file, and the rows that name a wrong body or contradict an earlier row."""
    people: dict[str, Person] = {}
    rejections: list[Rejection] = []
    for row in rows:
        number = row.submitted.membership_number
        person = people.get(number)
        fault = _body_fault(row, tree) or (_contradiction(person, row) if person is not None else None)
        if fault is not None:
            rejections.append(Rejection(row.line, *fault, row.cells, number))
        elif person is None:
            people[number] = Person([row], row.submitted)
        else:
            person.rows.append(row)
            person.submitted = _combine(person.submitted, row.submitted)
    return list(people.values()), rejections


def _body_fault(row: Row, tree: UnitTree) -> tuple[str, str] | None:
    branch, workplace = row.values["branch"], row.values.get("workplace")
    if not is_branch(tree, branch):
        return "branch", "is not the id of a branch"
    if workplace and not is_within(tree, workplace, branch):
        return "workplace", "is not the id of a workplace in that branch"
    return None


def _contradiction(person: Person, row: Row) -> tuple[str, str] | None:
    for earlier in person.rows:
        if earlier.values["branch"] == row.values["branch"]:
            if earlier.values == row.values:
                return "membership_number", f"the same as row {earlier.line}"
            return "membership_number", f"a second row for this branch; differs from row {earlier.line}"
    for earlier in person.rows:
        mine, theirs = dict(row.values), dict(earlier.values)
        for column in theirs.keys() & mine.keys():
            if column not in _MEMBERSHIP_COLUMNS | _LIST_COLUMNS and theirs[column] != mine[column]:
                return column, f"differs from row {earlier.line}"
    return None


def _combine(one: SubmittedMember, other: SubmittedMember) -> SubmittedMember:
    sensitive = {*one.sensitive_interests, *other.sensitive_interests}
    evidence = {each.channel: each for each in (*other.evidence, *one.evidence)}
    points = {(point.channel, point.address): point for point in (*other.contact_points, *one.contact_points)}
    return replace(
        one,
        language=one.language or other.language,
        time_zone=one.time_zone or other.time_zone,
        birthday=one.birthday or other.birthday,
        preferred_channel=one.preferred_channel or other.preferred_channel,
        contact_points=tuple(points.values()),
        memberships=(*one.memberships, *other.memberships),
        interests=tuple(sorted({*one.interests, *other.interests} - sensitive)),
        sensitive_interests=tuple(sorted(sensitive)),
        evidence=tuple(evidence.values()),
    )
