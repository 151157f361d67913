"""Which versions the database knows, for comparison with the topic."""

from collections.abc import Collection
from uuid import UUID

from chassis.db.tables import outbox
from contracts.topics import MEMBERS
from members.models import ErasedRow, MemberRow
from members.repository import bulk
from sqlalchemy import select as sa_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession


async def of(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, int]:
    """Of these members, those who are there."""
    columns = col(MemberRow.member_id), col(MemberRow.version)
    rows = await session.execute(sa_select(*columns).where(bulk.among(columns[0], ids)))
    return {row.member_id: row.version for row in rows}


async def erased(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    """Of these, those who are marked as erased."""
    return set(await session.exec(select(ErasedRow.member_id).where(bulk.among(col(ErasedRow.member_id), ids))))


async def said(session: AsyncSession) -> dict[UUID, int]:
    """Every member whose present version has left the outbox."""
    waiting = set((await session.execute(sa_select(outbox.c.key).where(outbox.c.topic == MEMBERS.name))).scalars())
    rows = await session.execute(sa_select(col(MemberRow.member_id), col(MemberRow.version)))
    return {row.member_id: row.version for row in rows if str(row.member_id) not in waiting}
