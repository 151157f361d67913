"""The counts that a campaign's progress is made of."""

from uuid import UUID

from segmenter.domain.progress import DeliveryCount
from segmenter.models import deliveries, shards
from sqlalchemy import exists, func, select
from sqlmodel.ext.asyncio.session import AsyncSession


async def delivery_counts(session: AsyncSession, campaign_id: UUID) -> list[DeliveryCount]:
    """Deliveries by channel, branch, status and reason of a skip."""
    keys = (deliveries.c.channel, deliveries.c.branch, deliveries.c.status, deliveries.c.reason)
    query = select(*keys, func.count()).where(deliveries.c.campaign_id == campaign_id).group_by(*keys)
    return [DeliveryCount(*row) for row in (await session.execute(query)).all()]


async def members_requested(session: AsyncSession, campaign_id: UUID) -> int:
    """Members of the audience for whom a delivery was asked for."""
    query = select(func.count(deliveries.c.ordinal.distinct())).where(deliveries.c.campaign_id == campaign_id)
    return (await session.scalar(query)) or 0


async def is_fanned_out(session: AsyncSession, campaign_id: UUID) -> bool:
    """Whether every shard is done."""
    return not await session.scalar(select(exists().where(shards.c.campaign_id == campaign_id, ~shards.c.done)))
