"""Deletion of what rolls hold: of a member who is erased, and after the time that a roll is kept."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from chassis.db import rows
from members.domain.imports.mentions import mentions_of
from members.models.imports import ImportLeaverRow, ImportPersonRow, ImportRejectionRow, ImportRow, ImportWithdrawalRow
from members.models.spans import IMPORTS_KEPT
from members.repository.imports import staging, uploads
from sqlalchemy import text
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

_MENTIONING = text("""
    DELETE FROM import_rejections r WHERE r.mentions && CAST(:mentions AS text[])
        AND NOT EXISTS (SELECT FROM members m WHERE m.membership_number = r.membership_number)
""")


async def erase_people(session: AsyncSession, people: Mapping[str, Collection[str]]) -> None:
    """Delete people and rejected rows under these numbers, and rejected rows under no member's number that hold one of
    the numbers, or of their addresses, in any cell."""
    if not people:
        return
    for row in await uploads.unchecked(session):
        noted = [{"import_id": row.import_id, "membership_number": number} for number in people]
        await session.execute(rows.insertion(ImportWithdrawalRow, noted).on_conflict_do_nothing())
        await staging.withdraw(session, row, people.keys())
    for table in (ImportPersonRow, ImportRejectionRow):
        await session.exec(delete(table).where(rows.among(col(table.membership_number), people.keys())))
    held = {each for number, addresses in people.items() for each in mentions_of(number, addresses)}
    await session.execute(_MENTIONING, {"mentions": list(held)})


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
    """Delete rolls that were sent longer ago than `IMPORTS_KEPT`, with all their rows; their number."""
    await uploads.prune(session, now)
    return (await session.exec(delete(ImportRow).where(col(ImportRow.uploaded_at) < now - IMPORTS_KEPT))).rowcount
