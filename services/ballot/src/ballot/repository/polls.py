"""Polls."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from ballot.domain.polls import PollState
from ballot.models import Poll
from contracts.events.ballots import BallotEvent
from sqlalchemy import ColumnElement, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession


async def add(session: AsyncSession, poll: Poll) -> bool:
    """False when the id is taken."""
    statement = insert(Poll).values(dict(poll)).on_conflict_do_nothing().returning(col(Poll.poll_id))
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def advance(session: AsyncSession, published: BallotEvent) -> bool:
    """Where the stored version is older than the published one, take over the version and an earlier closing time.

    False when nothing was older.
    """
    statement = (
        update(Poll)
        .where(col(Poll.poll_id) == published.ballot_id, col(Poll.version) < published.version)
        .values(version=published.version, closes_at=func.least(col(Poll.closes_at), published.closes_at))
        .returning(col(Poll.poll_id))
    )
    return (await session.execute(statement)).first() is not None


async def find(session: AsyncSession, poll_id: UUID, *, lock: bool = False) -> Poll | None:
    """A poll; with `lock` nobody else changes it or records answers to it before the commit."""
    query = select(Poll).where(col(Poll.poll_id) == poll_id)
    return (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def newest(
    session: AsyncSession, bodies: Collection[str] | None, after: UUID | None, limit: int
) -> Sequence[Poll]:
    """Polls of these bodies (None: of all), the newest first, from after the poll with the id `after`."""
    place = tuple_(col(Poll.created_at), col(Poll.poll_id))
    query = select(Poll).order_by(col(Poll.created_at).desc(), col(Poll.poll_id).desc()).limit(limit)
    if bodies is not None:
        query = query.where(col(Poll.body).in_(bodies))
    if after is not None:
        start = select(col(Poll.created_at), col(Poll.poll_id)).where(col(Poll.poll_id) == after)
        query = query.where(place < start.scalar_subquery())
    return (await session.execute(query)).scalars().all()


async def lock_shared(session: AsyncSession, poll_ids: Collection[UUID]) -> dict[UUID, Poll]:
    """These polls; none of them is opened, closed or counted before the commit."""
    query = select(Poll).where(col(Poll.poll_id).in_(poll_ids)).order_by(col(Poll.poll_id))
    found = (await session.execute(query.with_for_update(read=True))).scalars()
    return {poll.poll_id: poll for poll in found}


async def request_recount(session: AsyncSession, poll_ids: Collection[UUID]) -> None:
    """Mark polls whose counts changed after they were published."""
    await session.execute(update(Poll).where(col(Poll.poll_id).in_(poll_ids)).values(recount=True))


async def in_states(session: AsyncSession, states: Collection[str]) -> Sequence[UUID]:
    """Polls in one of these states."""
    return await _ids(session, col(Poll.state).in_(states))


async def keep_roll_cutoff(session: AsyncSession, poll_id: UUID, ends: Mapping[int, int], now: datetime) -> None:
    """Note up to where members are to be read before the roll is frozen."""
    cutoff = {str(partition): end for partition, end in ends.items()}
    place = col(Poll.poll_id) == poll_id
    await session.execute(update(Poll).where(place).values(roll_cutoff=cutoff, roll_cutoff_at=now))


async def to_open(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Scheduled polls whose opening time has come, or whose closing time has before they opened."""
    due = or_(col(Poll.opens_at) <= now, col(Poll.closes_at) <= now)
    return await _ids(session, (col(Poll.state) == PollState.SCHEDULED) & due)


async def to_close(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Open polls whose closing time has come."""
    return await _ids(session, (col(Poll.state) == PollState.OPEN) & (col(Poll.closes_at) <= now))


async def to_count(session: AsyncSession, closed_before: datetime) -> Sequence[UUID]:
    """Polls closed before this moment, and counted ones marked for a recount."""
    closed = (col(Poll.state) == PollState.CLOSED) & (col(Poll.closes_at) <= closed_before)
    return await _ids(session, closed | ((col(Poll.state) == PollState.COUNTED) & col(Poll.recount)))


async def _ids(session: AsyncSession, condition: ColumnElement[bool]) -> Sequence[UUID]:
    query = select(col(Poll.poll_id)).where(condition).order_by(col(Poll.poll_id))
    return (await session.execute(query)).scalars().all()
