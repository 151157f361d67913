"""People of a checked roll who are to be applied, and rejected rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.db import rows
from members.domain.imports.people import Person
from members.domain.imports.rows import Rejection
from members.domain.members.merge import SUBMITTED_MEMBER, SubmittedMember
from members.models.imports import ImportPersonRow, ImportRejectionRow
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class StagedPerson:
    """A person of a roll that is to be applied; `cells` are their rows as they came."""

    position: int
    lines: tuple[int, ...]
    cells: tuple[tuple[str, ...], ...]
    submitted: SubmittedMember


async def stage(session: AsyncSession, import_id: UUID, people: Sequence[Person], first: int) -> None:
    """Store people for the second step, numbered from `first`."""
    staged = [
        {
            "import_id": import_id,
            "position": position,
            "membership_number": person.submitted.membership_number,
            "lines": [row.line for row in person.rows],
            "rows": [row.cells for row in person.rows],
            "record": person.submitted,
        }
        for position, person in enumerate(people, first)
    ]
    await rows.insert(session, ImportPersonRow, staged)


async def reject(
    session: AsyncSession, import_id: UUID, rejections: Sequence[Rejection], *, applied: bool = False
) -> None:
    """Store rejected rows, with the reason; `applied`: refused in the second step."""
    rejected = [rows.fields_of(each) | {"import_id": import_id, "applied": applied} for each in rejections]
    await rows.insert(session, ImportRejectionRow, rejected)


async def withdraw(session: AsyncSession, import_id: UUID, numbers: Collection[str]) -> list[int]:
    """Delete what a roll holds under these membership numbers; the numbers of its lines."""
    lines: list[int] = []
    for table, column in ((ImportPersonRow, ImportPersonRow.lines), (ImportRejectionRow, ImportRejectionRow.line)):
        statement = delete(table).where(col(table.import_id) == import_id)
        deleted = statement.where(rows.among(col(table.membership_number), numbers)).returning(col(column))
        for found in (await session.execute(deleted)).scalars():
            lines += found if isinstance(found, list) else [found]
    return lines


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
