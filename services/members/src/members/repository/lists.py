"""Which members: one page at a time, by keyset."""

from datetime import date
from uuid import UUID

from members.domain.queries import Wanted
from members.models import BodyRow, MemberRow, MembershipRow
from sqlmodel import col, exists, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession


async def ids(session: AsyncSession, query: Wanted, today: date) -> list[UUID]:
    """In order of id."""
    statement = select(MemberRow.member_id).order_by(col(MemberRow.member_id)).limit(query.limit)
    if query.branch is not None:
        statement = statement.where(
            exists(
                select(MembershipRow.member_id)
                .join(BodyRow, col(BodyRow.id) == col(MembershipRow.body))
                .where(
                    col(MembershipRow.member_id) == col(MemberRow.member_id),
                    col(BodyRow.path).contains([query.branch]),
                    or_(col(MembershipRow.valid_to).is_(None), col(MembershipRow.valid_to) >= today),
                )
            )
        )
    if query.membership_number is not None:
        statement = statement.where(MemberRow.membership_number == query.membership_number)
    if query.status is not None:
        statement = statement.where(MemberRow.status == query.status)
    if query.after is not None:
        statement = statement.where(col(MemberRow.member_id) > query.after)
    return list(await session.exec(statement))
