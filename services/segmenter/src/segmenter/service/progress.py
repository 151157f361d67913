"""How a campaign stands."""

from uuid import UUID

from chassis.http.auth import Caller
from segmenter.domain.progress import ProgressFigures, campaign_progress
from segmenter.repository import deliveries
from segmenter.service.access import load_campaign
from segmenter.service.base import Service


class CampaignProgress(Service):
    """Sums what was counted as dispatchers published it."""

    async def of(self, caller: Caller, campaign_id: UUID) -> ProgressFigures:
        """A campaign's progress; test sends are campaigns of their own and never in these figures."""
        async with self._database.transaction() as session:
            return campaign_progress(
                await load_campaign(session, caller, campaign_id),
                await deliveries.counts_of(session, campaign_id),
                members_requested=await deliveries.members_requested(session, campaign_id),
                fanned_out=await deliveries.is_fanned_out(session, campaign_id),
            )
