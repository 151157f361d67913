"""Deliveries by what dispatchers published about them: moved forward, one statement a batch, and counted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chassis.db.rows import columns_of, rows_as
from contracts.enums import CampaignState, Channel
from contracts.events.deliveries import DeliveryEvent
from contracts.topics import REQUESTS_KEPT
from segmenter.domain.campaigns.campaign import Campaign
from segmenter.domain.deliveries import Delivery
from segmenter.domain.progress import DeliveryCount
from segmenter.models import campaigns, deliveries, delivery_counts, shards
from segmenter.models.deliveries import ACCEPTED, OPEN
from sqlalchemy import BigInteger, and_, cast, exists, func, or_, select, text, update
from sqlmodel.ext.asyncio.session import AsyncSession

_RUNNING = [CampaignState.LAUNCHED.value, CampaignState.PAUSED.value]
_CHANGES = ("status", "reason", "rev", "at")


async def update_statuses(session: AsyncSession, events: Sequence[DeliveryEvent]) -> list[Delivery]:
    """Move statuses forward by `rev`; gives the deliveries that moved. One event a delivery."""
    given = rows_as("given", columns_of(deliveries, "delivery_id", *_CHANGES), [_row(event) for event in events])
    statement = (
        update(deliveries)
        .where(deliveries.c.delivery_id == given.c.delivery_id, deliveries.c.rev < given.c.rev)
        .values({name: given.c[name] for name in _CHANGES})
        .returning(deliveries)
    )
    return [Delivery(**row) for row in (await session.execute(statement)).mappings()]


def _row(event: DeliveryEvent) -> dict[str, object]:
    reason = getattr(event, "reason", "") or getattr(event, "code", "")
    return {**event.model_dump(include={"delivery_id", "status", "rev", "at"}), "reason": reason}


async def running(session: AsyncSession, campaign_ids: Sequence[UUID], now: datetime) -> dict[UUID, Campaign]:
    """Those of the campaigns that may still ask for a delivery."""
    place = (campaigns.c.campaign_id.in_(campaign_ids), campaigns.c.state.in_(_RUNNING), campaigns.c.expires_at > now)
    rows = (await session.execute(select(campaigns).where(*place))).all()
    return {row.campaign_id: Campaign.model_validate(row) for row in rows}


async def finished_campaigns(session: AsyncSession, now: datetime, bounce: timedelta) -> list[UUID]:
    """Running campaigns of which every delivery has ended, or can no longer come to an end: what no dispatcher has
    taken seven days after the expiry is not on its topic any more."""
    nothing_left = or_(func.cardinality(deliveries.c.rest) == 0, deliveries.c.at < func.now() - bounce)
    mailed = and_(deliveries.c.channel == Channel.EMAIL.value, nothing_left)
    ended = or_(mailed, campaigns.c.expires_at <= now)
    of_it = deliveries.c.campaign_id == campaigns.c.campaign_id
    to_fan_out = select(shards.c.shard).where(shards.c.campaign_id == campaigns.c.campaign_id, ~shards.c.done)
    query = select(campaigns.c.campaign_id).where(
        campaigns.c.state.in_(_RUNNING),
        campaigns.c.frozen_at.is_not(None),
        campaigns.c.quarantined_at.is_(None),
        ~to_fan_out.exists(),
        # The exact conditions of the two partial indexes.
        or_(
            campaigns.c.expires_at <= now - REQUESTS_KEPT,
            ~select(deliveries.c.delivery_id).where(of_it, text(OPEN)).exists(),
        ),
        ~select(deliveries.c.delivery_id).where(of_it, text(ACCEPTED), ~ended).exists(),
    )
    return list((await session.execute(query)).scalars())


async def counts_of(session: AsyncSession, campaign_id: UUID) -> list[DeliveryCount]:
    """Deliveries by channel, branch, status and reason of a skip; summed, not read."""
    *keys, number = columns_of(delivery_counts, *DeliveryCount._fields[:-1], "number")
    total = func.sum(number)
    query = select(*keys, cast(total, BigInteger)).where(delivery_counts.c.campaign_id == campaign_id)
    return [DeliveryCount(*row) for row in (await session.execute(query.group_by(*keys).having(total != 0))).all()]


async def members_requested(session: AsyncSession, campaign_id: UUID) -> int:
    """Members of the audience for whom a delivery was asked for."""
    query = select(func.sum(shards.c.requested)).where(shards.c.campaign_id == campaign_id)
    return (await session.scalar(query)) or 0


async def is_fanned_out(session: AsyncSession, campaign_id: UUID) -> bool:
    """Whether every shard is done."""
    return not await session.scalar(select(exists().where(shards.c.campaign_id == campaign_id, ~shards.c.done)))
