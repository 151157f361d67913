"""Rolls that were checked: people waiting, rows rejected, leavers reported."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from members.domain.people import Person
from members.domain.records import RECORD, Record
from members.domain.roll import Rejection
from members.models import ImportLeaverRow, ImportPersonRow, ImportRejectionRow, ImportRow, MemberRow
from members.repository import bulk
from sqlalchemy import func, text
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

ROLLS_KEPT = timedelta(days=7)
"""Rolls hold names and numbers: no longer than it takes to look at what was rejected."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A person of a roll that is to be applied."""

    position: int
    lines: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    record: Record


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody of a branch in the roll who is not on it."""

    member_id: UUID
    membership_number: str
    branch: str


async def add(session: AsyncSession, row: ImportRow) -> None:
    """A new import, or what became known of one."""
    session.add(row)
    await session.flush()


async def get(session: AsyncSession, import_id: UUID, *, lock: bool = False) -> ImportRow | None:
    """One import; `lock` keeps others from applying it at the same time."""
    statement = select(ImportRow).where(ImportRow.import_id == import_id)
    return (await session.exec(statement.with_for_update() if lock else statement)).first()


async def stage(session: AsyncSession, import_id: UUID, people: Sequence[Person], first: int) -> None:
    """Keep people for the second step, numbered from `first`."""
    rows = [
        {
            "import_id": import_id,
            "position": position,
            "membership_number": person.record.membership_number,
            "lines": person.lines,
            "rows": [row.cells for row in person.rows],
            "record": person.record,
        }
        for position, person in enumerate(people, first)
    ]
    await bulk.insert(session, ImportPersonRow, rows)


async def reject(
    session: AsyncSession, import_id: UUID, rejections: Sequence[Rejection], *, applied: bool = False
) -> None:
    """Keep rows that stay out, with the reason."""
    rows = [
        {
            "import_id": import_id,
            "line": item.line,
            "column": item.column,
            "reason": item.reason,
            "cells": item.cells,
            "membership_number": item.membership_number,
            "applied": applied,
        }
        for item in rejections
    ]
    await bulk.insert(session, ImportRejectionRow, rows)


async def withdraw(session: AsyncSession, import_id: UUID, numbers: Collection[str]) -> list[int]:
    """Drop what a roll says under these numbers; the lines it stood on."""
    lines: list[int] = []
    for table, column in ((ImportPersonRow, ImportPersonRow.lines), (ImportRejectionRow, ImportRejectionRow.line)):
        statement = delete(table).where(col(table.import_id) == import_id)
        gone = statement.where(bulk.among(col(table.membership_number), numbers)).returning(col(column))
        for found in (await session.execute(gone)).scalars():
            lines += found if isinstance(found, list) else [found]
    return lines


async def waiting(session: AsyncSession, import_id: UUID, limit: int) -> list[Waiting]:
    """The next people to apply."""
    statement = (
        select(ImportPersonRow.position, ImportPersonRow.lines, ImportPersonRow.rows, ImportPersonRow.record)
        .where(ImportPersonRow.import_id == import_id, col(ImportPersonRow.outcome).is_(None))
        .order_by(col(ImportPersonRow.position))
        .limit(limit)
    )
    return [
        Waiting(row[0], tuple(row[1]), tuple(map(tuple, row[2])), RECORD.validate_python(row[3]))
        for row in await session.exec(statement)
    ]


async def settle(session: AsyncSession, import_id: UUID, outcomes: dict[str, list[int]]) -> None:
    """Note what became of people, by outcome."""
    for outcome, positions in outcomes.items():
        await session.exec(
            update(ImportPersonRow)
            .where(col(ImportPersonRow.import_id) == import_id, bulk.among(col(ImportPersonRow.position), positions))
            .values(outcome=outcome)
        )


async def finish(session: AsyncSession, import_id: UUID, at: datetime) -> None:
    """Everybody on the roll has an outcome."""
    await session.exec(update(ImportRow).where(col(ImportRow.import_id) == import_id).values(applied_at=at))


async def outcomes(session: AsyncSession, import_id: UUID) -> dict[str, int]:
    """How many people had which outcome."""
    statement = (
        select(ImportPersonRow.outcome, func.count())
        .where(ImportPersonRow.import_id == import_id, col(ImportPersonRow.outcome).is_not(None))
        .group_by(col(ImportPersonRow.outcome))
    )
    return {str(outcome): count for outcome, count in await session.exec(statement)}


async def rejections(session: AsyncSession, import_id: UUID) -> list[ImportRejectionRow]:
    """In order of line."""
    statement = select(ImportRejectionRow).where(ImportRejectionRow.import_id == import_id)
    return list(await session.exec(statement.order_by(col(ImportRejectionRow.line), col(ImportRejectionRow.id))))


async def counts(session: AsyncSession, import_id: UUID) -> tuple[int, int]:
    """Rows rejected and leavers reported."""
    rejected = select(func.count()).where(ImportRejectionRow.import_id == import_id)
    left = select(func.count()).where(ImportLeaverRow.import_id == import_id)
    return (await session.exec(rejected)).one(), (await session.exec(left)).one()


_LEAVERS = text("""
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


async def report_leavers(
    session: AsyncSession, import_id: UUID, listed: Collection[tuple[str, str]], today: date
) -> None:
    """Members of the branches in the roll who are not on it, by (number, branch) of every row that has both."""
    numbers, of = [number for number, _ in listed], [branch for _, branch in listed]
    await session.execute(
        _LEAVERS,
        {"import_id": import_id, "branches": sorted(set(of)), "numbers": numbers, "of": of, "today": today},
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


_ABOUT = text(r"""
    DELETE FROM import_rejections r
    WHERE NOT EXISTS (SELECT FROM members m WHERE m.membership_number = r.membership_number)
      AND EXISTS (
        SELECT FROM jsonb_array_elements_text(r.cells) AS held(cell),
               LATERAL (SELECT lower(btrim(held.cell, E' \t\r\n')), regexp_replace(held.cell, '\D', '', 'g'))
                       AS read(word, digits)
        WHERE read.word = ANY(CAST(:words AS text[]))
           OR (length(read.digits) >= :enough AND right(read.digits, :enough) = ANY(CAST(:ends AS text[]))))
""")
_ENOUGH = 9
"""Digits from the end that tell a telephone number, however it is written; a row too many does no harm."""


async def forget(session: AsyncSession, membership_number: str, addresses: Collection[str]) -> None:
    """Drop what rolls said of somebody erased: under their number, and rejected rows under nobody's that hold it or
    one of their addresses (a row with a cell too few has its number anywhere)."""
    for table in (ImportPersonRow, ImportRejectionRow):
        await session.exec(delete(table).where(col(table.membership_number) == membership_number))
    digits = ["".join(filter(str.isdigit, address)) for address in addresses if "@" not in address]
    words = [word.lower() for word in (membership_number, *addresses)]
    ends = [number[-_ENOUGH:] for number in digits if len(number) >= _ENOUGH]
    await session.execute(_ABOUT, {"words": words, "ends": ends, "enough": _ENOUGH})


async def prune(session: AsyncSession, before: datetime) -> int:
    """Drop rolls checked before a moment, with all their rows; how many."""
    return (await session.exec(delete(ImportRow).where(col(ImportRow.checked_at) < before))).rowcount
