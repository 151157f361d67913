"""Polls, the campaigns that ask them, and ballots that others declared."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ballot.domain.poll import State
from ballot.models import Ask, DeclaredBallot, Poll
from contracts.ballots import BallotEvent
from contracts.campaigns import CampaignEvent
from contracts.union_events import BallotDeclared
from sqlalchemy import Select, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession


async def add(session: AsyncSession, poll: Poll) -> bool:
    """False when the id is taken."""
    values = poll.model_dump()
    statement = insert(Poll).values(values).on_conflict_do_nothing().returning(col(Poll.poll_id))
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def go_on_above(session: AsyncSession, told: BallotEvent) -> bool:
    """Take over the number, and a closing that was brought forward, where ours is older; False: it is not."""
    statement = (
        update(Poll)
        .where(col(Poll.poll_id) == told.ballot_id, col(Poll.version) < told.version)
        .values(version=told.version, closes_at=func.least(col(Poll.closes_at), told.closes_at))
        .returning(col(Poll.poll_id))
    )
    return (await session.execute(statement)).first() is not None


async def one(session: AsyncSession, poll_id: UUID, *, lock: bool = False) -> Poll | None:
    """A poll; with `lock` nobody else changes it or takes answers to it before the commit."""
    query = select(Poll).where(col(Poll.poll_id) == poll_id)
    return (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def newest(
    session: AsyncSession, bodies: Collection[str] | None, after: UUID | None, limit: int
) -> Sequence[Poll]:
    """Polls of these bodies (None: of all), the newest first, from after that one."""
    place = tuple_(col(Poll.created_at), col(Poll.poll_id))
    query = select(Poll).order_by(col(Poll.created_at).desc(), col(Poll.poll_id).desc()).limit(limit)
    if bodies is not None:
        query = query.where(col(Poll.body).in_(bodies))
    if after is not None:
        there = select(col(Poll.created_at), col(Poll.poll_id)).where(col(Poll.poll_id) == after)
        query = query.where(place < there.scalar_subquery())
    return (await session.execute(query)).scalars().all()


async def shared(session: AsyncSession, poll_ids: Collection[UUID]) -> dict[UUID, Poll]:
    """These polls, kept from being opened, closed or counted before the commit."""
    query = select(Poll).where(col(Poll.poll_id).in_(poll_ids)).order_by(col(Poll.poll_id))
    found = (await session.execute(query.with_for_update(read=True))).scalars()
    return {poll.poll_id: poll for poll in found}


async def ask_for_recount(session: AsyncSession, poll_ids: Collection[UUID]) -> None:
    """Their counts have changed since they were told."""
    await session.execute(update(Poll).where(col(Poll.poll_id).in_(poll_ids)).values(recount=True))


async def _ids(session: AsyncSession, query: Select[UUID]) -> Sequence[UUID]:
    return (await session.execute(query.order_by(col(Poll.poll_id)))).scalars().all()


async def to_open(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Scheduled polls whose time of opening has come, or of closing without ever having opened."""
    due = or_(col(Poll.opens_at) <= now, col(Poll.closes_at) <= now)
    return await _ids(session, select(col(Poll.poll_id)).where(col(Poll.state) == State.SCHEDULED, due))


async def to_close(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Open polls whose time has come."""
    return await _ids(
        session, select(col(Poll.poll_id)).where(col(Poll.state) == State.OPEN, col(Poll.closes_at) <= now)
    )


async def to_count(session: AsyncSession, closed_before: datetime) -> Sequence[UUID]:
    """Polls closed long enough ago, and counted ones whose count has changed."""
    closed = (col(Poll.state) == State.CLOSED) & (col(Poll.closes_at) <= closed_before)
    again = (col(Poll.state) == State.COUNTED) & col(Poll.recount)
    return await _ids(session, select(col(Poll.poll_id)).where(closed | again))


async def hear_ask(session: AsyncSession, campaigns: Sequence[CampaignEvent]) -> None:
    """Remember which campaign asks which poll; an older snapshot is passed over. At most one a campaign."""
    rows = [
        {
            "campaign_id": campaign.campaign_id,
            "version": campaign.version,
            "poll_id": campaign.poll_id,
            "state": campaign.state,
            "sensitive": campaign.sensitive,
        }
        for campaign in campaigns
    ]
    statement = insert(Ask).values(rows)
    new = statement.excluded
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[col(Ask.campaign_id)],
            set_={
                "version": new.version,
                "poll_id": new.poll_id,
                "state": new.state,
                "sensitive": or_(col(Ask.sensitive), new.sensitive),
            },
            where=col(Ask.version) < new.version,
        )
    )


async def polls_asked_by(session: AsyncSession, campaign_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The poll that each of these campaigns asks."""
    query = select(col(Ask.campaign_id), col(Ask.poll_id)).where(col(Ask.campaign_id).in_(campaign_ids))
    return {row.campaign_id: row.poll_id for row in await session.execute(query)}


async def asks(session: AsyncSession, poll_ids: Collection[UUID]) -> Sequence[Ask]:
    """The campaigns that ask these polls."""
    query = select(Ask).where(col(Ask.poll_id).in_(poll_ids)).order_by(col(Ask.campaign_id))
    return (await session.execute(query)).scalars().all()


async def sensitive(session: AsyncSession, poll_ids: Collection[UUID]) -> dict[UUID, bool]:
    """Of the polls that a campaign is known to ask: whether one of those campaigns is sensitive."""
    query = select(col(Ask.poll_id), func.bool_or(col(Ask.sensitive)).label("sensitive"))
    found = await session.execute(query.where(col(Ask.poll_id).in_(poll_ids)).group_by(col(Ask.poll_id)))
    return {row.poll_id: row.sensitive for row in found}


async def declare(session: AsyncSession, declared: Sequence[BallotDeclared]) -> None:
    """Store declared totals; at most one a ballot, a later declaration replaces an earlier."""
    rows: list[dict[str, Any]] = [ballot.model_dump() for ballot in declared]
    statement = insert(DeclaredBallot).values(rows)
    replaced = ("body", "papers_sent", "papers_returned", "totals", "declared_at")
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[col(DeclaredBallot.ballot_id)],
            set_={name: statement.excluded[name] for name in replaced},
            where=col(DeclaredBallot.declared_at) <= statement.excluded.declared_at,
        )
    )


async def declared(session: AsyncSession) -> Sequence[DeclaredBallot]:
    """All declared ballots, the latest first."""
    query = select(DeclaredBallot).order_by(col(DeclaredBallot.declared_at).desc())
    return (await session.execute(query)).scalars().all()
