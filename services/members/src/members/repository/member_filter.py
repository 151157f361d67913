"""Ids of the members that a filter matches, page by page."""

from datetime import date
from uuid import UUID

from members.domain.members.filter import MemberFilter
from members.models.members import MemberRow, MembershipRow
from members.models.units import UnitRow
from sqlmodel import col, exists, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession


async def member_ids(session: AsyncSession, wanted: MemberFilter, today: date) -> list[UUID]:
    """In order of id."""
    statement = select(MemberRow.member_id).order_by(col(MemberRow.member_id)).limit(wanted.limit)
    if wanted.branch is not None:
        statement = statement.where(
            exists(
                select(MembershipRow.member_id)
                .join(UnitRow, col(UnitRow.id) == col(MembershipRow.body))
                .where(
                    col(MembershipRow.member_id) == col(MemberRow.member_id),
                    col(UnitRow.path).contains([wanted.branch]),
                    or_(col(MembershipRow.valid_to).is_(None), col(MembershipRow.valid_to) >= today),
                )
            )
        )
    if wanted.membership_number is not None:
        statement = statement.where(MemberRow.membership_number == wanted.membership_number)
    if wanted.status is not None:
        statement = statement.where(MemberRow.status == wanted.status)
    if wanted.after is not None:
        statement = statement.where(col(MemberRow.member_id) > wanted.after)
    return list(await session.exec(statement))
