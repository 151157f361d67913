"""Versions that the database has, for comparison with the topic."""

from collections.abc import Collection
from uuid import UUID

from chassis.db import rows
from chassis.db.tables import outbox
from contracts.topics import MEMBERS
from members.models import ErasedRow, MemberRow
from sqlalchemy import select as sa_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

_VERSIONS = sa_select(col(MemberRow.member_id), col(MemberRow.version))


async def versions_of(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, int]:
    """Versions of those that exist."""
    found = await session.execute(_VERSIONS.where(rows.among(col(MemberRow.member_id), ids)))
    return {row.member_id: row.version for row in found}


async def erased(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    """Those of them who were erased."""
    return set(await session.exec(select(ErasedRow.member_id).where(rows.among(col(ErasedRow.member_id), ids))))


async def published_versions(session: AsyncSession) -> dict[UUID, int]:
    """Versions of every member whose present version has left the outbox."""
    waiting = set((await session.execute(sa_select(outbox.c.key).where(outbox.c.topic == MEMBERS.name))).scalars())
    found = await session.execute(_VERSIONS)
    return {row.member_id: row.version for row in found if str(row.member_id) not in waiting}
