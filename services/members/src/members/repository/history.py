"""What happened to members' records."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from members.models import ErasedRow, HistoryRow
from members.repository import bulk
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession


async def add(session: AsyncSession, entries: Sequence[tuple[UUID, datetime, str, dict[str, Any]]]) -> None:
    """Entries of (member, at, what, detail)."""
    rows = [{"member_id": who, "at": at, "what": what, "detail": detail} for who, at, what, detail in entries]
    await bulk.insert(session, HistoryRow, rows)


async def of_member(session: AsyncSession, member_id: UUID) -> list[HistoryRow]:
    """From the first to the last."""
    statement = (
        select(HistoryRow).where(HistoryRow.member_id == member_id).order_by(col(HistoryRow.at), col(HistoryRow.id))
    )
    return list(await session.exec(statement))


async def marker(session: AsyncSession, member_id: UUID) -> ErasedRow | None:
    """The marker of somebody erased."""
    return (await session.exec(select(ErasedRow).where(ErasedRow.member_id == member_id))).first()


async def mark(session: AsyncSession, member_id: UUID, version: int, reason: str, at: datetime) -> None:
    """Leave the marker."""
    row = {"member_id": member_id, "version": version, "reason": reason, "at": at, "told_at": at}
    await bulk.insert(session, ErasedRow, [row])


async def tell_again(session: AsyncSession, member_id: UUID, at: datetime) -> None:
    """Note that an erasure is told once more: its tombstone, also where one came, is to come after that."""
    marked = update(ErasedRow).where(col(ErasedRow.member_id) == member_id)
    await session.exec(marked.values(told_at=at, tombstoned_at=None))


async def without_tombstone(session: AsyncSession, before: datetime, limit: int) -> list[ErasedRow]:
    """Those whose erasure was last told before a moment and whose tombstone is still to come, locked."""
    statement = (
        select(ErasedRow)
        .where(col(ErasedRow.tombstoned_at).is_(None), col(ErasedRow.told_at) < before)
        .order_by(col(ErasedRow.told_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(await session.exec(statement))
