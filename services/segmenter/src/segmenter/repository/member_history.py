"""One member's campaigns and deliveries."""

from uuid import UUID

from segmenter.domain.deliveries import Delivery
from segmenter.domain.member_history import HistoryEntry
from segmenter.models import audience, campaigns, deliveries, members
from sqlalchemy import select
from sqlmodel.ext.asyncio.session import AsyncSession


async def is_known(session: AsyncSession, member_id: UUID) -> bool:
    """Whether there is or was such a member; the erased count too."""
    return await session.scalar(select(members.c.status).where(members.c.member_id == member_id)) is not None


async def entries(session: AsyncSession, member_id: UUID) -> list[HistoryEntry]:
    """The audiences a member was in, the latest first; without the deliveries."""
    query = (
        select(
            campaigns.c.campaign_id,
            campaigns.c.name,
            campaigns.c.body,
            campaigns.c.definition["purpose"].astext.label("purpose"),
            campaigns.c.state,
            campaigns.c.sensitive,
            campaigns.c.test_of.is_not(None).label("test"),
            campaigns.c.launched_on,
            campaigns.c.frozen_at.label("at"),
            audience.c.skip_reason,
            audience.c.consents,
            campaigns.c.rule.label("campaign_rule"),
            audience.c.matched,
        )
        .join(campaigns, campaigns.c.campaign_id == audience.c.campaign_id)
        .where(audience.c.member_id == member_id)
        .order_by(campaigns.c.frozen_at.desc())
    )
    return [HistoryEntry.model_validate(dict(row)) for row in (await session.execute(query)).mappings()]


async def deliveries_of(session: AsyncSession, member_id: UUID) -> list[Delivery]:
    """A member's deliveries, in the order they were asked for."""
    query = select(deliveries).where(deliveries.c.member_id == member_id)
    rows = await session.execute(query.order_by(deliveries.c.campaign_id, deliveries.c.step))
    return [Delivery(**row) for row in rows.mappings()]
