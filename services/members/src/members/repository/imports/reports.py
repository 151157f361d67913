"""Imports with their counts, rejected rows and leavers."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from members.domain.imports.rows import Rejection
from members.models.imports import ImportLeaverRow, ImportPersonRow, ImportRejectionRow, ImportRow
from members.models.members import MemberRow
from sqlalchemy import func, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class Leaver:
    """A present member of a branch in the roll who is not on it."""

    member_id: UUID
    membership_number: str
    branch: str


async def add(session: AsyncSession, row: ImportRow) -> None:
    """Store a new import."""
    session.add(row)
    await session.flush()


async def get(session: AsyncSession, import_id: UUID, *, lock: bool = False) -> ImportRow | None:
    """One import; `lock` keeps others from applying it at the same time."""
    statement = select(ImportRow).where(ImportRow.import_id == import_id)
    return (await session.exec(statement.with_for_update() if lock else statement)).first()


async def outcomes(session: AsyncSession, import_id: UUID) -> dict[str, int]:
    """Number of people by outcome."""
    statement = (
        select(ImportPersonRow.outcome, func.count())
        .where(ImportPersonRow.import_id == import_id, col(ImportPersonRow.outcome).is_not(None))
        .group_by(col(ImportPersonRow.outcome))
    )
    return {str(outcome): count for outcome, count in await session.exec(statement)}


async def counts(session: AsyncSession, import_id: UUID) -> tuple[int, int]:
    """Numbers of rejected rows and of leavers."""
    rejected = select(func.count()).where(ImportRejectionRow.import_id == import_id)
    left = select(func.count()).where(ImportLeaverRow.import_id == import_id)
    return (await session.exec(rejected)).one(), (await session.exec(left)).one()


async def rejections(session: AsyncSession, import_id: UUID) -> list[Rejection]:
    """In order of line."""
    statement = select(ImportRejectionRow).where(ImportRejectionRow.import_id == import_id)
    rows = await session.exec(statement.order_by(col(ImportRejectionRow.line), col(ImportRejectionRow.id)))
    return [Rejection(row.line, row.column, row.reason, tuple(row.cells)) for row in rows]


_FIND_LEAVERS = text("""
    INSERT INTO import_leavers (import_id, member_id, branch)
    SELECT DISTINCT CAST(:import_id AS uuid), m.member_id, listed.branch
    FROM unnest(CAST(:branches AS text[])) AS listed(branch)
    JOIN bodies b ON b.path @> ARRAY[listed.branch]
    JOIN memberships s ON s.body = b.id AND (s.valid_to IS NULL OR s.valid_to >= :today)
    JOIN members m ON m.member_id = s.member_id AND m.status = 'active'
    LEFT JOIN unnest(CAST(:numbers AS text[]), CAST(:of AS text[])) AS named(number, branch)
           ON named.number = m.membership_number AND named.branch = listed.branch
    WHERE named.number IS NULL
""")


async def store_leavers(
    session: AsyncSession, import_id: UUID, listed: Collection[tuple[str, str]], today: date
) -> None:
    """Store the present members of the branches in the roll who are not on it; `listed`: number and branch of rows."""
    numbers, branches = [number for number, _ in listed], [branch for _, branch in listed]
    await session.execute(
        _FIND_LEAVERS,
        {
            "import_id": import_id,
            "branches": sorted(set(branches)),
            "numbers": numbers,
            "of": branches,
            "today": today,
        },
    )


async def leavers(session: AsyncSession, import_id: UUID) -> list[Leaver]:
    """In order of branch and number."""
    statement = (
        select(ImportLeaverRow.member_id, MemberRow.membership_number, ImportLeaverRow.branch)
        .join(MemberRow, col(MemberRow.member_id) == col(ImportLeaverRow.member_id))
        .where(ImportLeaverRow.import_id == import_id)
        .order_by(col(ImportLeaverRow.branch), col(MemberRow.membership_number))
    )
    return [Leaver(*row) for row in await session.exec(statement)]
