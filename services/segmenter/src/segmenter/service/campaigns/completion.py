"""Campaigns completed once every delivery has ended."""

from datetime import timedelta
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from segmenter.domain.campaigns.transitions import RUNNING, Action
from segmenter.repository import campaigns, deliveries
from segmenter.service.campaigns.transitions import transition
from segmenter.settings import Settings


class Completion:
    """A step that any number of replicas may take."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database, self._clock, self._settings = database, clock, settings

    async def complete_finished(self) -> bool:
        """Complete the campaigns of which everything has ended; True if there were any."""
        bounce = timedelta(minutes=self._settings.bounce_minutes)
        async with self._database.transaction() as session:
            finished = await deliveries.finished_campaigns(session, self._clock.now(), bounce)
        for campaign_id in finished:
            await self._complete(campaign_id)
        return bool(finished)

    async def _complete(self, campaign_id: UUID) -> None:
        async with self._database.transaction() as session:
            campaign = await campaigns.one(session, campaign_id, for_update=True)
            if campaign is not None and campaign.state in RUNNING:
                await transition(session, self._clock, self._settings, campaign, Action.COMPLETE)
