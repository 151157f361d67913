"""Markers of members who were erased."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from chassis.db import rows
from contracts.events.members import MemberErased
from members.models.members import ErasedRow
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession


async def marker(session: AsyncSession, member_id: UUID) -> ErasedRow | None:
    """The marker of a member."""
    return (await session.exec(select(ErasedRow).where(ErasedRow.member_id == member_id))).first()


async def erased(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    """Those of them who were erased."""
    return set(await session.exec(select(ErasedRow.member_id).where(rows.among(col(ErasedRow.member_id), ids))))


async def add_markers(session: AsyncSession, erased: Sequence[MemberErased], at: datetime) -> None:
    """The erasures are published at the same time."""
    markers = [event.model_dump(include={"member_id", "version", "reason"}) for event in erased]
    await rows.insert(session, ErasedRow, [marker | {"at": at, "told_at": at} for marker in markers])


async def without_tombstone(session: AsyncSession, before: datetime, limit: int) -> list[ErasedRow]:
    """Markers, locked, whose erasure was last published before a time and that have no tombstone."""
    statement = (
        select(ErasedRow)
        .where(col(ErasedRow.tombstoned_at).is_(None), col(ErasedRow.told_at) < before)
        .order_by(col(ErasedRow.told_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(await session.exec(statement))
