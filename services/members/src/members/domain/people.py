"""Rows of the roll put together into people: two rows of one number are one person in two branches."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from members.domain.bodies import Kind, Tree, in_branch
from members.domain.records import Record
from members.domain.roll import Rejection, Row

_OF_THE_PLACE = frozenset({"membership_number", "branch", "workplace", "employer", "job", "unit", "joined"})
_LISTS = frozenset({"interests", "sensitive_interests"})
"""These are added up; every other cell must agree."""


@dataclass(slots=True)
class Person:
    """One person of the file, and the lines they stand on."""

    lines: list[int]
    rows: list[Row]
    record: Record


def put_together(rows: Iterable[Row], tree: Tree) -> tuple[list[Person], list[Rejection]]:
    """People in the order of the file, and the rows that fit no body or contradict an earlier row."""
    people: dict[str, Person] = {}
    rejections: list[Rejection] = []
    for row in rows:
        fault = _misplaced(row, tree)
        person = people.get(row.record.membership_number)
        if fault is None and person is not None:
            fault = _contradiction(person, row)
        if fault is not None:
            rejections.append(Rejection(row.line, *fault, row.cells, row.record.membership_number))
        elif person is None:
            people[row.record.membership_number] = Person([row.line], [row], row.record)
        else:
            person.lines.append(row.line)
            person.rows.append(row)
            person.record = _joined(person.record, row.record)
    return list(people.values()), rejections


def _misplaced(row: Row, tree: Tree) -> tuple[str, str] | None:
    branch, workplace = row.values["branch"], row.values.get("workplace")
    if branch not in tree or tree[branch].kind is not Kind.BRANCH:
        return "branch", "is not the id of a branch"
    if workplace and not in_branch(tree, workplace, branch):
        return "workplace", "is not the id of a workplace in that branch"
    return None


def _contradiction(person: Person, row: Row) -> tuple[str, str] | None:
    for earlier in person.rows:
        if earlier.values["branch"] == row.values["branch"]:
            if earlier.values == row.values:
                return "membership_number", f"the same as row {earlier.line}"
            return "membership_number", f"a second row for this branch; differs from row {earlier.line}"
    for earlier in person.rows:
        for column in earlier.values.keys() & row.values.keys():
            if column not in _OF_THE_PLACE | _LISTS and earlier.values[column] != row.values[column]:
                return column, f"differs from row {earlier.line}"
    return None


def _joined(one: Record, other: Record) -> Record:
    said: dict[str, Any] = {
        name: getattr(one, name) or getattr(other, name)
        for name in ("language", "time_zone", "birthday", "preferred_channel")
    }
    sensitive = {*one.sensitive, *other.sensitive}
    consents = {word.channel: word for word in (*other.consents, *one.consents)}
    points = {(point.channel, point.address): point for point in (*other.contacts, *one.contacts)}
    return replace(
        one,
        **said,
        contacts=tuple(points.values()),
        places=(*one.places, *other.places),
        interests=tuple(sorted({*one.interests, *other.interests} - sensitive)),
        sensitive=tuple(sorted(sensitive)),
        consents=tuple(consents.values()),
    )
