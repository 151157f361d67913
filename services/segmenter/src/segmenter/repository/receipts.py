"""What dispatchers said of deliveries: one statement a batch, forward only."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.enums import CampaignState, Channel
from contracts.topics import REQUESTS_KEPT
from segmenter.models import campaigns, deliveries, shards
from segmenter.models.planned import ACCEPTED, OPEN
from segmenter.repository.rows import Row, columns_of, rows_as
from sqlalchemy import and_, func, or_, select, text, update
from sqlmodel.ext.asyncio.session import AsyncSession


async def note(session: AsyncSession, rows: Sequence[Row]) -> Sequence[Any]:
    """Move statuses forward by `rev`; gives the rows that moved. One row a delivery."""
    given = rows_as("given", columns_of(deliveries, "delivery_id", "status", "reason", "rev", "at"), rows)
    statement = (
        update(deliveries)
        .where(deliveries.c.delivery_id == given.c.delivery_id, deliveries.c.rev < given.c.rev)
        .values(status=given.c.status, reason=given.c.reason, rev=given.c.rev, at=given.c.at)
        .returning(deliveries)
    )
    return (await session.execute(statement)).all()


async def running(session: AsyncSession, campaign_ids: Sequence[UUID], now: datetime) -> dict[UUID, Any]:
    """Those of the campaigns that may still ask for a delivery."""
    going = campaigns.c.state.in_([CampaignState.LAUNCHED.value, CampaignState.PAUSED.value])
    query = select(campaigns).where(campaigns.c.campaign_id.in_(campaign_ids), going, campaigns.c.expires_at > now)
    return {row.campaign_id: row for row in (await session.execute(query)).all()}


async def finished(session: AsyncSession, now: datetime, bounce: timedelta) -> Sequence[UUID]:
    """Campaigns in motion of which every delivery has ended, or can no longer come to an end: what no dispatcher has
    taken seven days after the expiry is not on its topic any more."""
    nothing_left = or_(func.cardinality(deliveries.c.rest) == 0, deliveries.c.at < func.now() - bounce)
    mailed = and_(deliveries.c.channel == Channel.EMAIL.value, nothing_left)
    ended = or_(mailed, campaigns.c.expires_at <= now)
    of_it = deliveries.c.campaign_id == campaigns.c.campaign_id
    to_fan_out = select(shards.c.shard).where(shards.c.campaign_id == campaigns.c.campaign_id, ~shards.c.done)
    query = select(campaigns.c.campaign_id).where(
        campaigns.c.state.in_([CampaignState.LAUNCHED.value, CampaignState.PAUSED.value]),
        campaigns.c.frozen_at.is_not(None),
        ~to_fan_out.exists(),
        # Word for word the conditions of the two partial indexes.
        or_(
            campaigns.c.expires_at <= now - REQUESTS_KEPT,
            ~select(deliveries.c.delivery_id).where(of_it, text(OPEN)).exists(),
        ),
        ~select(deliveries.c.delivery_id).where(of_it, text(ACCEPTED), ~ended).exists(),
    )
    return list((await session.execute(query)).scalars())


async def tally(session: AsyncSession, campaign_id: UUID) -> Sequence[Any]:
    """Deliveries counted by channel, branch, status and reason of a skip."""
    keys = (deliveries.c.channel, deliveries.c.branch, deliveries.c.status, deliveries.c.reason)
    query = select(*keys, func.count().label("deliveries")).where(deliveries.c.campaign_id == campaign_id)
    return (await session.execute(query.group_by(*keys))).all()


async def fan_out_left(session: AsyncSession, campaign_id: UUID) -> int:
    """Shards that are not through."""
    query = select(func.count()).where(shards.c.campaign_id == campaign_id, ~shards.c.done)
    return (await session.scalar(query)) or 0


async def asked_members(session: AsyncSession, campaign_id: UUID) -> int:
    """Members of the audience that something was asked for."""
    query = select(func.count(deliveries.c.ordinal.distinct())).where(deliveries.c.campaign_id == campaign_id)
    return (await session.scalar(query)) or 0
