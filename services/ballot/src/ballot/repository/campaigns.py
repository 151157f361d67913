"""The projection of `campaigns`: which campaign asks which poll."""

from collections.abc import Collection, Sequence
from uuid import UUID

from ballot.models import Campaign
from chassis.db.rows import insertion
from contracts.events.campaigns import CampaignEvent
from sqlalchemy import delete, func, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession


async def save(session: AsyncSession, campaigns: Sequence[CampaignEvent]) -> None:
    """Store newer snapshots, at most one a campaign; older ones are ignored."""
    fields = {"campaign_id", "version", "poll_id", "state", "sensitive"}
    statement = insertion(Campaign, [campaign.model_dump(include=fields) for campaign in campaigns])
    new = statement.excluded
    changes = {"version": new.version, "poll_id": new.poll_id, "state": new.state}
    statement = statement.on_conflict_do_update(
        index_elements=["campaign_id"],
        set_=changes | {"sensitive": or_(col(Campaign.sensitive), new.sensitive)},
        where=col(Campaign.version) < new.version,
    )
    await session.execute(statement)


async def remove(session: AsyncSession, campaign_ids: Collection[UUID]) -> None:
    """Campaigns that the segmenter no longer keeps."""
    await session.execute(delete(Campaign).where(col(Campaign.campaign_id).in_(campaign_ids)))


async def polls_asked_by(session: AsyncSession, campaign_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The poll that each of these campaigns asks."""
    query = select(col(Campaign.campaign_id), col(Campaign.poll_id)).where(col(Campaign.campaign_id).in_(campaign_ids))
    return {row.campaign_id: row.poll_id for row in await session.execute(query)}


async def asking(session: AsyncSession, poll_ids: Collection[UUID]) -> Sequence[Campaign]:
    """The campaigns that ask these polls."""
    query = select(Campaign).where(col(Campaign.poll_id).in_(poll_ids)).order_by(col(Campaign.campaign_id))
    return (await session.execute(query)).scalars().all()


async def sensitive(session: AsyncSession, poll_ids: Collection[UUID]) -> dict[UUID, bool]:
    """For each of these polls that a known campaign asks: whether one of its campaigns is sensitive."""
    query = select(col(Campaign.poll_id), func.bool_or(col(Campaign.sensitive)).label("sensitive"))
    found = await session.execute(query.where(col(Campaign.poll_id).in_(poll_ids)).group_by(col(Campaign.poll_id)))
    return {row.poll_id: row.sensitive for row in found}
