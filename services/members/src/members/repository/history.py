"""History of members' records."""

from collections.abc import Sequence
from uuid import UUID

from chassis.db import rows
from members.models.members import HistoryRow
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession


async def add(session: AsyncSession, entries: Sequence[HistoryRow]) -> None:
    """Add them, in one statement."""
    await rows.insert(session, HistoryRow, [entry.model_dump(exclude={"id"}) for entry in entries])


async def of_member(session: AsyncSession, member_id: UUID) -> Sequence[HistoryRow]:
    """From the first to the last."""
    statement = select(HistoryRow).where(HistoryRow.member_id == member_id)
    return (await session.exec(statement.order_by(col(HistoryRow.at), col(HistoryRow.id)))).all()
