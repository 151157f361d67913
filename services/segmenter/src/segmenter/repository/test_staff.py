"""The staff that campaigns may be sent to as a test."""

from collections.abc import Sequence
from uuid import UUID

from segmenter.domain.campaigns.test_staff import StaffMember
from segmenter.models import members, test_staff
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession


async def add(session: AsyncSession, staff: StaffMember) -> bool:
    """Put an active member on the list; False when there is no such member. Doing it again changes nothing."""
    active = select(members.c.member_id).where(members.c.member_id == staff.member_id, members.c.status == "active")
    if await session.scalar(active) is None:
        return False
    await session.execute(insert(test_staff).values(dict(staff)).on_conflict_do_nothing())
    return True


async def remove(session: AsyncSession, member_id: UUID) -> None:
    """Take a member off the list."""
    await session.execute(delete(test_staff).where(test_staff.c.member_id == member_id))


async def page(session: AsyncSession, after: UUID | None, limit: int) -> list[StaffMember]:
    """In order of id, from after `after`."""
    query = select(test_staff).order_by(test_staff.c.member_id).limit(limit)
    rows = await session.execute(query if after is None else query.where(test_staff.c.member_id > after))
    return [StaffMember.model_validate(row) for row in rows.all()]


async def among(session: AsyncSession, member_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these members who are on the list."""
    query = select(test_staff.c.member_id).where(test_staff.c.member_id.in_(member_ids))
    return set((await session.execute(query)).scalars())
