"""People of a checked roll who are to be applied, and rejected rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from chassis.db import rows
from members.domain.imports.mentions import mentions
from members.domain.imports.people import Person
from members.domain.imports.rows import Rejection
from members.domain.members.merge import SUBMITTED_MEMBER, SubmittedMember
from members.models.imports import ImportPersonRow, ImportRejectionRow, ImportRow
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class StagedPerson:
    """A person of a roll that is to be applied; `cells` are their rows as they came."""

    position: int
    lines: tuple[int, ...]
    cells: tuple[tuple[str, ...], ...]
    submitted: SubmittedMember


@dataclass(frozen=True, slots=True)
class CheckedPerson:
    """A person with the outcome to expect, and the days of consents that would lift a withdrawal."""

    person: Person
    expected: str
    lifting_days: list[date]


async def stage(session: AsyncSession, import_id: UUID, people: Sequence[CheckedPerson]) -> None:
    """Store people for the second step, numbered by their first line."""
    staged = [
        {
            "import_id": import_id,
            "position": each.person.rows[0].line,
            "membership_number": each.person.submitted.membership_number,
            "lines": [row.line for row in each.person.rows],
            "rows": [row.cells for row in each.person.rows],
            "record": each.person.submitted,
            "expected": each.expected,
            "lifting_days": each.lifting_days,
        }
        for each in people
    ]
    await rows.insert(session, ImportPersonRow, staged)


async def take(session: AsyncSession, import_id: UUID, numbers: Collection[str]) -> list[list[tuple[int, list[str]]]]:
    """Take the people of these numbers out again, since more rows of theirs were read: line and cells of their rows."""
    taken = delete(ImportPersonRow).where(
        col(ImportPersonRow.import_id) == import_id, rows.among(col(ImportPersonRow.membership_number), numbers)
    )
    found = await session.execute(taken.returning(col(ImportPersonRow.lines), col(ImportPersonRow.rows)))
    return [list(zip(each.lines, each.rows, strict=True)) for each in found]


async def reject(
    session: AsyncSession, import_id: UUID, rejections: Sequence[Rejection], *, applied: bool = False
) -> None:
    """Store rejected rows, with the reason; `applied`: refused in the second step."""
    rejected = [
        rows.fields_of(each) | {"import_id": import_id, "applied": applied, "mentions": mentions(each.cells)}
        for each in rejections
    ]
    await rows.insert(session, ImportRejectionRow, rejected)


ERASED = "belonged to somebody who was erased while the roll was checked"


def withdrawal(line: int, header: Sequence[str]) -> Rejection:
    """The rejection of a row of somebody who was erased meanwhile: nothing of it is kept."""
    return Rejection(line, "membership_number", ERASED, ("",) * len(header))


async def withdraw(session: AsyncSession, row: ImportRow, numbers: Collection[str]) -> None:
    """Reject what a roll holds under these membership numbers."""
    lines: list[int] = []
    for table, column in ((ImportPersonRow, ImportPersonRow.lines), (ImportRejectionRow, ImportRejectionRow.line)):
        theirs = rows.among(col(table.membership_number), numbers)
        statement = delete(table).where(col(table.import_id) == row.import_id, theirs)
        for found in (await session.execute(statement.returning(col(column)))).scalars():
            lines += found if isinstance(found, list) else [found]
    await reject(session, row.import_id, [withdrawal(line, row.header) for line in lines])


async def next_people(session: AsyncSession, import_id: UUID, limit: int) -> list[StagedPerson]:
    """The next people to apply."""
    statement = (
        select(ImportPersonRow.position, ImportPersonRow.lines, ImportPersonRow.rows, ImportPersonRow.record)
        .where(ImportPersonRow.import_id == import_id, col(ImportPersonRow.outcome).is_(None))
        .order_by(col(ImportPersonRow.position))
        .limit(limit)
    )
    return [
        StagedPerson(row[0], tuple(row[1]), tuple(map(tuple, row[2])), SUBMITTED_MEMBER.validate_python(row[3]))
        for row in await session.exec(statement)
    ]


async def store_outcomes(session: AsyncSession, import_id: UUID, outcomes: Mapping[str, Collection[int]]) -> None:
    """Store the outcome of people, given by position."""
    for outcome, positions in outcomes.items():
        await session.exec(
            update(ImportPersonRow)
            .where(col(ImportPersonRow.import_id) == import_id, rows.among(col(ImportPersonRow.position), positions))
            .values(outcome=outcome)
        )
