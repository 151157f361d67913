"""Which campaigns are in quarantine."""

from datetime import datetime
from uuid import UUID

from contracts.enums import CampaignState
from segmenter.models import campaigns
from sqlalchemy import and_, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

_RUNNING = [CampaignState.LAUNCHED.value, CampaignState.PAUSED.value]
_IN_MOTION = or_(
    campaigns.c.state.in_(_RUNNING),
    and_(campaigns.c.state == CampaignState.APPROVED.value, campaigns.c.starts_at.is_not(None)),
)


async def put(session: AsyncSession, campaign_id: UUID, reason: str, at: datetime) -> None:
    """Put a campaign aside; it need not be readable."""
    place = campaigns.c.campaign_id == campaign_id
    await session.execute(update(campaigns).where(place).values(quarantine_reason=reason, quarantined_at=at))


async def release(session: AsyncSession, since: datetime) -> None:
    """End the quarantine of those put aside until then."""
    ended = {"quarantine_reason": None, "quarantined_at": None}
    await session.execute(update(campaigns).where(campaigns.c.quarantined_at <= since).values(ended))


async def counts(session: AsyncSession) -> tuple[int, int]:
    """Campaigns that background steps work on, and those of them that are put aside."""
    aside = func.count().filter(campaigns.c.quarantined_at.is_not(None))
    row = (await session.execute(select(func.count(), aside).where(_IN_MOTION))).one()
    return row[0], row[1]
