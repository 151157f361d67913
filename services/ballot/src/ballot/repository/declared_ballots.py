"""Statutory ballots, as other systems declared them."""

from collections.abc import Sequence
from datetime import datetime

from ballot.models import DeclaredBallot
from chassis.db.rows import insertion
from contracts.events.union_events import BallotDeclared
from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

_REPLACED = ("body", "papers_sent", "papers_returned", "totals", "declared_at")


async def save(session: AsyncSession, declared: Sequence[BallotDeclared]) -> None:
    """Store declared totals, at most one event a ballot; a later declaration replaces an earlier one."""
    statement = insertion(DeclaredBallot, [ballot.model_dump() for ballot in declared])
    statement = statement.on_conflict_do_update(
        index_elements=["ballot_id"],
        set_={name: statement.excluded[name] for name in _REPLACED},
        where=col(DeclaredBallot.declared_at) <= statement.excluded.declared_at,
    )
    await session.execute(statement)


async def newest(session: AsyncSession, before: datetime | None, limit: int) -> Sequence[DeclaredBallot]:
    """The latest first; a page ends with all of one moment."""
    query = select(DeclaredBallot).order_by(col(DeclaredBallot.declared_at).desc()).fetch(limit, with_ties=True)
    if before is not None:
        query = query.where(col(DeclaredBallot.declared_at) < before)
    return (await session.execute(query)).scalars().all()
