"""How a campaign stands: by status, channel and branch."""

from functools import partial
from uuid import UUID

from chassis.db.database import Database
from chassis.http.auth import Caller
from segmenter.domain.campaigns.campaign import Campaign
from segmenter.domain.progress import Progress, campaign_progress
from segmenter.repository import progress
from segmenter.service.access import load_campaign
from segmenter.service.progress_cache import ProgressCache


class CampaignProgress:
    """Counts what dispatchers have published so far."""

    def __init__(self, database: Database, max_age: float) -> None:
        self._database = database
        self._cache: ProgressCache[Progress] = ProgressCache(max_age)

    async def of(self, caller: Caller, campaign_id: UUID) -> Progress:
        """A campaign's progress; test sends are campaigns of their own and never in these figures."""
        async with self._database.transaction() as session:
            campaign = await load_campaign(session, caller, campaign_id)
        # Figures of an earlier version of the campaign are never given; nobody waits with a connection in hand.
        state = (campaign.version, campaign.frozen_at)
        return await self._cache.get(campaign_id, state, partial(self._count, campaign))

    async def _count(self, campaign: Campaign) -> Progress:
        async with self._database.transaction() as session:
            return campaign_progress(
                campaign,
                await progress.delivery_counts(session, campaign.campaign_id),
                members_requested=await progress.members_requested(session, campaign.campaign_id),
                fanned_out=await progress.is_fanned_out(session, campaign.campaign_id),
            )
