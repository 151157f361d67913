"""Deletion of what rolls hold: of a member who is erased, and after the time that a roll is kept."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from chassis.db import rows
from members.models.imports import ImportLeaverRow, ImportPersonRow, ImportRejectionRow, ImportRow, ImportWithdrawalRow
from members.repository.imports import staging, uploads
from sqlalchemy import text
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

KEPT = timedelta(days=7)
"""Rolls hold names and numbers: they are kept as long as it takes to look at the rejected rows."""
_DIGITS = 9
"""Digits from the end that identify a telephone number in any spelling; deleting a row too many does no harm."""

_MENTIONING = text(r"""
    DELETE FROM import_rejections r
    WHERE NOT EXISTS (SELECT FROM members m WHERE m.membership_number = r.membership_number)
      AND EXISTS (
        SELECT FROM jsonb_array_elements_text(r.cells) AS held(cell),
               LATERAL (SELECT lower(btrim(held.cell, E' \t\r\n')), regexp_replace(held.cell, '\D', '', 'g'))
                       AS read(word, digits)
        WHERE read.word = ANY(CAST(:words AS text[]))
           OR (length(read.digits) >= :enough AND right(read.digits, :enough) = ANY(CAST(:ends AS text[]))))
""")


async def erase_person(session: AsyncSession, membership_number: str, addresses: Collection[str]) -> None:
    """Delete people and rejected rows under the number, and rejected rows under no member's number that hold the number
    or one of the addresses in any cell (in a row with a cell too few they may stand anywhere)."""
    for row in await uploads.unchecked(session):
        noted = {"import_id": row.import_id, "membership_number": membership_number}
        await session.execute(rows.insertion(ImportWithdrawalRow, [noted]).on_conflict_do_nothing())
        await staging.withdraw(session, row, membership_number)
    for table in (ImportPersonRow, ImportRejectionRow):
        await session.exec(delete(table).where(col(table.membership_number) == membership_number))
    digits = ["".join(filter(str.isdigit, address)) for address in addresses if "@" not in address]
    words = [word.lower() for word in (membership_number, *addresses)]
    ends = [number[-_DIGITS:] for number in digits if len(number) >= _DIGITS]
    await session.execute(_MENTIONING, {"words": words, "ends": ends, "enough": _DIGITS})


async def empty(session: AsyncSession, import_id: UUID) -> None:
    """Delete everything that an import holds, but for its report."""
    await uploads.discard(session, import_id)
    for table in (ImportPersonRow, ImportRejectionRow, ImportLeaverRow):
        await session.exec(delete(table).where(col(table.import_id) == import_id))


async def delete_import(session: AsyncSession, import_id: UUID) -> None:
    """Delete an import with all its rows."""
    await session.exec(delete(ImportRow).where(col(ImportRow.import_id) == import_id))


async def clear_applied(session: AsyncSession) -> int:
    """Blank the people of applied rolls: nothing reads them again; their number."""
    applied = select(ImportRow.import_id).where(col(ImportRow.applied_at).is_not(None))
    people = update(ImportPersonRow).where(
        col(ImportPersonRow.import_id).in_(applied),
        col(ImportPersonRow.outcome).is_not(None),
        col(ImportPersonRow.membership_number) != "",
    )
    return (await session.exec(people.values(membership_number="", lines=[], rows=[], record={}))).rowcount


async def prune(session: AsyncSession, now: datetime) -> int:
    """Delete rolls that were sent longer ago than `KEPT`, with all their rows; their number."""
    await uploads.prune(session, now)
    return (await session.exec(delete(ImportRow).where(col(ImportRow.uploaded_at) < now - KEPT))).rowcount
