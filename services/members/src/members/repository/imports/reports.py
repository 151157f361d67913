"""Imports with their counts, rejected rows and leavers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from members.domain.imports.states import APPLYING, CHECKED, CHECKING, QUEUED
from members.models.imports import ImportLeaverRow, ImportPersonRow, ImportRejectionRow, ImportRow
from members.models.members import MemberRow
from sqlalchemy import Date, func, literal, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
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


async def under_key(session: AsyncSession, client_id: str, key: str) -> ImportRow | None:
    """The import that a client staged under an idempotency key."""
    statement = select(ImportRow).where(ImportRow.client_id == client_id, ImportRow.idempotency_key == key)
    return (await session.exec(statement)).first()


async def standing(session: AsyncSession, client_id: str, digest: bytes) -> ImportRow | None:
    """The client's import of the same file that is neither applied nor given up."""
    statement = select(ImportRow).where(
        ImportRow.client_id == client_id,
        ImportRow.digest == digest,
        col(ImportRow.state).in_((QUEUED, CHECKING, CHECKED, APPLYING)),
    )
    return (await session.exec(statement.limit(1))).first()


async def next_to_apply(session: AsyncSession) -> UUID | None:
    """The one of fewest people."""
    statement = select(ImportRow.import_id).where(ImportRow.state == APPLYING)
    return (await session.exec(statement.order_by(col(ImportRow.people), col(ImportRow.import_id)).limit(1))).first()


async def page(session: AsyncSession, after: UUID | None, limit: int) -> list[ImportRow]:
    """The latest first."""
    place = tuple_(col(ImportRow.uploaded_at), col(ImportRow.import_id))
    statement = select(ImportRow).order_by(col(ImportRow.uploaded_at).desc(), col(ImportRow.import_id).desc())
    if after is not None:
        last = select(ImportRow.uploaded_at, ImportRow.import_id).where(ImportRow.import_id == after)
        statement = statement.where(place < last.scalar_subquery())
    return list(await session.exec(statement.limit(limit)))


async def get(session: AsyncSession, import_id: UUID, *, lock: bool = False) -> ImportRow | None:
    """One import; `lock` keeps others from changing it. Rows that refer to it can be added meanwhile: an erasure does
    not wait for the end of a check."""
    statement = select(ImportRow).where(ImportRow.import_id == import_id)
    return (await session.exec(statement.with_for_update(key_share=True) if lock else statement)).first()


async def counts(session: AsyncSession, import_id: UUID) -> tuple[int, int]:
    """Numbers of rejected rows and of leavers."""
    rejected = select(func.count()).where(ImportRejectionRow.import_id == import_id)
    left = select(func.count()).where(ImportLeaverRow.import_id == import_id)
    return (await session.exec(rejected)).one(), (await session.exec(left)).one()


async def rejections(
    session: AsyncSession, import_id: UUID, after: ImportRejectionRow | None, most: int
) -> Sequence[ImportRejectionRow]:
    """In order of line, from behind `after`."""
    place = (col(ImportRejectionRow.line), col(ImportRejectionRow.id))
    statement = select(ImportRejectionRow).where(ImportRejectionRow.import_id == import_id)
    if after is not None:
        statement = statement.where(tuple_(*place) > (after.line, after.id))
    return (await session.exec(statement.order_by(*place).limit(most))).all()


_FIND_LEAVERS = text("""
    WITH listed AS (
        SELECT DISTINCT cells ->> CAST(:number AS int) AS number, cells ->> CAST(:branch AS int) AS branch
        FROM (SELECT jsonb_array_elements(rows) AS cells FROM import_people WHERE import_id = :import_id
              UNION ALL
              SELECT cells FROM import_rejections
              WHERE import_id = :import_id AND jsonb_array_length(cells) = :width) AS read
    )
    INSERT INTO import_leavers (import_id, member_id, branch)
    SELECT DISTINCT CAST(:import_id AS uuid), member_id, branch
    FROM (
        SELECT m.member_id, named.branch
        FROM (SELECT DISTINCT branch FROM listed) AS named
        JOIN bodies b ON b.path @> ARRAY[named.branch]
        JOIN memberships s ON s.body = b.id AND (s.valid_to IS NULL OR s.valid_to >= :today)
        JOIN members m ON m.member_id = s.member_id AND m.status = 'active'
        WHERE NOT EXISTS (SELECT FROM listed WHERE listed.number = m.membership_number AND listed.branch = named.branch)
        FOR KEY SHARE OF m  -- passes over somebody who is just being erased
    ) AS present
""")


async def store_leavers(session: AsyncSession, row: ImportRow, today: date) -> None:
    """Store the present members of the branches in the roll who are not on it; a rejected row is on it too."""
    columns = {"number": row.header.index("membership_number"), "branch": row.header.index("branch")}
    given = {"import_id": row.import_id, "width": len(row.header), "today": today}
    await session.execute(_FIND_LEAVERS, columns | given)


async def store_expected(session: AsyncSession, row: ImportRow) -> None:
    """Count the people by expected outcome, and those whose withdrawn consents are concerned."""
    of_import = ImportPersonRow.import_id == row.import_id
    by_outcome = select(ImportPersonRow.expected, func.count()).where(of_import)
    counted = dict(list(await session.exec(by_outcome.group_by(col(ImportPersonRow.expected)))))
    row.new, row.changed, row.unchanged = (counted.get(name, 0) for name in ("new", "changed", "unchanged"))
    row.people = sum(counted.values())
    days = col(ImportPersonRow.lifting_days)
    kept = literal(row.export_days, ARRAY(Date)).contains(days)
    counts = select(func.count().filter(~kept), func.count().filter(kept)).where(of_import, func.cardinality(days) > 0)
    row.stops, row.stops_kept = (await session.exec(counts)).one()


async def leavers(session: AsyncSession, import_id: UUID, after: Leaver | None, most: int) -> list[Leaver]:
    """In order of branch and number, from behind `after`."""
    place = (col(ImportLeaverRow.branch), col(MemberRow.membership_number), col(ImportLeaverRow.member_id))
    statement = (
        select(ImportLeaverRow.member_id, MemberRow.membership_number, ImportLeaverRow.branch)
        .join(MemberRow, col(MemberRow.member_id) == col(ImportLeaverRow.member_id))
        .where(ImportLeaverRow.import_id == import_id)
        .order_by(*place)
        .limit(most)
    )
    if after is not None:
        statement = statement.where(tuple_(*place) > (after.branch, after.membership_number, after.member_id))
    return [Leaver(*row) for row in await session.exec(statement)]
