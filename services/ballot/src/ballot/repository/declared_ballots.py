"""Statutory ballots, as other systems declared them."""

from collections.abc import Sequence

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


async def newest(session: AsyncSession) -> Sequence[DeclaredBallot]:
    """All declared ballots, the latest first."""
    query = select(DeclaredBallot).order_by(col(DeclaredBallot.declared_at).desc())
    return (await session.execute(query)).scalars().all()
