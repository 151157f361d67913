"""History of members' records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.db import rows
from members.models.members import HistoryRow
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class HistoryRecord:
    """Something that happened to a member's record. `detail` holds ids and names of fields, never their values."""

    member_id: UUID
    at: datetime
    what: str
    detail: Mapping[str, object]


async def add(session: AsyncSession, records: Sequence[HistoryRecord]) -> None:
    """Add the records."""
    await rows.insert(session, HistoryRow, [rows.fields_of(record) for record in records])


async def of_member(session: AsyncSession, member_id: UUID) -> list[HistoryRecord]:
    """From the first to the last."""
    statement = (
        select(HistoryRow).where(HistoryRow.member_id == member_id).order_by(col(HistoryRow.at), col(HistoryRow.id))
    )
    return [HistoryRecord(row.member_id, row.at, row.what, row.detail) for row in await session.exec(statement)]
