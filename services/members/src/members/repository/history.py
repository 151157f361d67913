"""History of members' records."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.db import rows
from members.models.members import HistoryRow
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession


async def add(session: AsyncSession, entries: Sequence[HistoryRow]) -> None:
    """Add them, in one statement."""
    await rows.insert(session, HistoryRow, [entry.model_dump(exclude={"id"}) for entry in entries])


async def of_member(
    session: AsyncSession, member_id: UUID, before: datetime | None, limit: int
) -> Sequence[HistoryRow]:
    """The latest, in order of time; a page begins with all of one moment."""
    statement = select(HistoryRow).where(HistoryRow.member_id == member_id)
    if before is not None:
        statement = statement.where(col(HistoryRow.at) < before)
    latest = statement.order_by(col(HistoryRow.at).desc()).fetch(limit, with_ties=True)
    return sorted(await session.exec(latest), key=lambda row: (row.at, row.id or 0))
