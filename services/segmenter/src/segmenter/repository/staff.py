"""The staff that campaigns are tried out on."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from segmenter.models import members, test_staff
from segmenter.repository.rows import Row
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession


async def name(session: AsyncSession, row: Row) -> bool:
    """Put an active member on the list; False when there is no such member. Naming one again changes nothing."""
    active = select(members.c.member_id).where(members.c.member_id == row["member_id"], members.c.status == "active")
    if await session.scalar(active) is None:
        return False
    await session.execute(insert(test_staff).values(**row).on_conflict_do_nothing())
    return True


async def drop(session: AsyncSession, member_id: UUID) -> None:
    """Take a member off the list."""
    await session.execute(delete(test_staff).where(test_staff.c.member_id == member_id))


async def listed(session: AsyncSession) -> Sequence[Any]:
    """The list, in the order they were named."""
    return (await session.execute(select(test_staff).order_by(test_staff.c.named_at, test_staff.c.member_id))).all()


async def among(session: AsyncSession, member_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these members who are on the list."""
    query = select(test_staff.c.member_id).where(test_staff.c.member_id.in_(member_ids))
    return set((await session.execute(query)).scalars())
