"""Campaigns as rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.enums import CampaignState
from segmenter.models import campaigns
from segmenter.repository.rows import Row, rows_as
from sqlalchemy import func, insert, select, update
from sqlmodel.ext.asyncio.session import AsyncSession


async def add(session: AsyncSession, row: Row) -> None:
    """A new campaign."""
    await session.execute(insert(campaigns).values(**row))


async def one(session: AsyncSession, campaign_id: UUID, *, to_change: bool = False) -> Any | None:
    """A campaign; locked until the transaction ends if it is to be changed."""
    query = select(campaigns).where(campaigns.c.campaign_id == campaign_id)
    return (await session.execute(query.with_for_update() if to_change else query)).one_or_none()


async def change(session: AsyncSession, campaign_id: UUID, **values: Any) -> Any:
    """The campaign as it is after this; the caller holds its lock."""
    statement = update(campaigns).where(campaigns.c.campaign_id == campaign_id).values(**values).returning(campaigns)
    return (await session.execute(statement)).one()


async def any_sensitive(session: AsyncSession, campaign_ids: Sequence[UUID], polls: Sequence[str]) -> bool:
    """Whether one of these campaigns, or one that asks one of these polls, is by a sensitive rule."""
    if not campaign_ids and not polls:
        return False
    asks = campaigns.c.definition["poll_id"].astext.in_(polls)
    one_of_them = campaigns.c.campaign_id.in_(campaign_ids) | asks
    query = select(campaigns.c.campaign_id).where(campaigns.c.sensitive, one_of_them)
    return await session.scalar(query.limit(1)) is not None


async def go_on_above(session: AsyncSession, rows: Sequence[Row]) -> list[UUID]:
    """Take over version and state where the row, launched as it is, knows an older version; which ones."""
    told = rows_as("told", [campaigns.c[name] for name in ("campaign_id", "version", "state")], rows)
    statement = (
        update(campaigns)
        .where(
            campaigns.c.campaign_id == told.c.campaign_id,
            campaigns.c.version < told.c.version,
            campaigns.c.launched_on.is_not(None),
        )
        .values(version=told.c.version, state=told.c.state)
    )
    return list((await session.execute(statement.returning(campaigns.c.campaign_id))).scalars())


async def page(
    session: AsyncSession, body: str | None, after: UUID | None, limit: int, *, sensitive: bool
) -> Sequence[Any]:
    """Campaigns in the order of their ids, without test sends; of one body if it is named, sensitive ones if asked."""
    query = select(campaigns).where(campaigns.c.test_of.is_(None)).order_by(campaigns.c.campaign_id).limit(limit)
    if body is not None:
        query = query.where(campaigns.c.body == body)
    if after is not None:
        query = query.where(campaigns.c.campaign_id > after)
    if not sensitive:
        query = query.where(~campaigns.c.sensitive)
    return (await session.execute(query)).all()


async def tests_of(session: AsyncSession, campaign_id: UUID) -> Sequence[Any]:
    """The test sends of a campaign, the latest first."""
    query = select(campaigns).where(campaigns.c.test_of == campaign_id).order_by(campaigns.c.created_at.desc())
    return (await session.execute(query)).all()


async def tests_since(session: AsyncSession, since: datetime) -> Sequence[datetime]:
    """When test sends were made since then, the oldest first; another one waits until this transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("test sends", 0))))
    place = (campaigns.c.test_of.is_not(None), campaigns.c.created_at > since)
    query = select(campaigns.c.created_at).where(*place).order_by(campaigns.c.created_at)
    return list((await session.execute(query)).scalars())


async def due(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Approved campaigns whose confirmed start has come."""
    place = (campaigns.c.state == CampaignState.APPROVED.value, campaigns.c.starts_at <= now)
    return list((await session.execute(select(campaigns.c.campaign_id).where(*place))).scalars())


async def unfrozen(session: AsyncSession) -> Sequence[Any]:
    """Launched campaigns without an audience, urgent ones first."""
    place = (campaigns.c.state == CampaignState.LAUNCHED.value, campaigns.c.frozen_at.is_(None))
    query = select(campaigns).where(*place).order_by(campaigns.c.urgent.desc(), campaigns.c.updated_at)
    return (await session.execute(query)).all()
