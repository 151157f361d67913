"""The file of a roll in pieces, from its upload until it is checked."""

from datetime import datetime, timedelta
from uuid import UUID

from members.domain.imports.states import CHECKING, OPEN, QUEUED, RECEIVING
from members.models.imports import ImportPieceRow, ImportRow, ImportWithdrawalRow
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

PIECE = 256 * 1024
"""Bytes of each piece but the last. A batch of the check reads as many, and no row may be longer."""
_GIVEN_UP = timedelta(hours=1)


async def add_piece(session: AsyncSession, import_id: UUID, position: int, data: bytes) -> None:
    """Store the next piece of the file."""
    session.add(ImportPieceRow(import_id=import_id, position=position, data=data))


async def window(session: AsyncSession, row: ImportRow) -> bytes:
    """The next `PIECE` bytes to check; fewer at the end of the file."""
    first, begin = divmod(row.offset, PIECE)
    statement = select(ImportPieceRow.data).where(
        ImportPieceRow.import_id == row.import_id, col(ImportPieceRow.position).in_((first, first + 1))
    )
    pieces = await session.exec(statement.order_by(col(ImportPieceRow.position)))
    return b"".join(pieces)[begin : begin + PIECE]


async def next_to_check(session: AsyncSession) -> ImportRow | None:
    """The one with the least left to read: a branch's roll does not wait behind the union's."""
    statement = select(ImportRow).where(col(ImportRow.state).in_((QUEUED, CHECKING)))
    left = col(ImportRow.size) - col(ImportRow.offset)
    return (await session.exec(statement.order_by(left, col(ImportRow.uploaded_at)).limit(1))).first()


async def discard(session: AsyncSession, import_id: UUID) -> None:
    """Delete the file, and what was noted down for its check."""
    for table in (ImportPieceRow, ImportWithdrawalRow):
        await session.exec(delete(table).where(col(table.import_id) == import_id))


async def unchecked(session: AsyncSession) -> list[ImportRow]:
    """Every import whose file is not checked to its end."""
    return list(await session.exec(select(ImportRow).where(col(ImportRow.state).in_(OPEN))))


async def withdrawn(session: AsyncSession, import_id: UUID) -> set[str]:
    """Numbers of those who were erased since the file was sent."""
    statement = select(ImportWithdrawalRow.membership_number).where(ImportWithdrawalRow.import_id == import_id)
    return set(await session.exec(statement))


async def prune(session: AsyncSession, now: datetime) -> None:
    """Delete what was received of files that were not sent to their end, and what an erasure noted as a check ended."""
    ended = select(ImportRow.import_id).where(col(ImportRow.state).not_in(OPEN))
    await session.exec(delete(ImportWithdrawalRow).where(col(ImportWithdrawalRow.import_id).in_(ended)))
    broken = delete(ImportRow).where(col(ImportRow.state) == RECEIVING)
    await session.exec(broken.where(col(ImportRow.uploaded_at) < now - _GIVEN_UP))
