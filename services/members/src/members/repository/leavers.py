"""Members who have left, by the day."""

from datetime import date
from uuid import UUID

from members.models.members import ContactRow, InterestRow, MemberRow
from sqlmodel import col, exists, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession


async def before(session: AsyncSession, day: date, most: int) -> list[UUID]:
    """Those who left before a day."""
    statement = select(MemberRow.member_id).where(col(MemberRow.left_on) < day).limit(most)
    return list(await session.exec(statement))


async def with_contacts(session: AsyncSession, day: date, most: int) -> list[UUID]:
    """Those of them of whom there is contact data, an interest or a birthday."""
    points = exists().where(col(ContactRow.member_id) == col(MemberRow.member_id))
    interests = exists().where(col(InterestRow.member_id) == col(MemberRow.member_id))
    known = or_(points, interests, col(MemberRow.birthday).is_not(None))
    statement = select(MemberRow.member_id).where(col(MemberRow.left_on) < day, known).limit(most)
    return list(await session.exec(statement))
