"""Which members: one page at a time, by keyset."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Self
from uuid import UUID

from chassis.errors import Forbidden
from sqlmodel import col, exists, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from members.models import BodyRow, MemberRow, MembershipRow


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for; None asks for all."""

    branch: str | None = None
    membership_number: str | None = None
    status: str | None = None
    after: UUID | None = None
    limit: int = 100

    def limited_to(self, branch: str | None) -> Self:
        """The same for a caller who sees one branch. Raises Forbidden when another was asked for."""
        if branch is None:
            return self
        if self.branch not in (None, branch):
            raise Forbidden("the token is for another branch's members")
        return replace(self, branch=branch)


async def ids(session: AsyncSession, query: Query, today: date) -> list[UUID]:
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
