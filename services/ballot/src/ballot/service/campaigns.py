"""The projection of `campaigns`: which campaign asks which poll."""

from collections.abc import Sequence

from ballot.repository import campaigns
from chassis.db.database import Database
from chassis.kafka.batch import Batch
from contracts.events.campaigns import CampaignEvent


class Campaigns:
    """Consumes `campaigns`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def apply(self, batch: Batch, events: Sequence[CampaignEvent]) -> None:
        """Store the latest snapshots of campaigns that ask a poll; test sends are left out, since replies to them are
        marked as such."""
        asking = [event for event in events if event.poll_id and event.test_of is None]
        latest = {event.campaign_id: event for event in sorted(asking, key=lambda event: event.version)}
        async with self._database.transaction() as session:
            if latest:
                await campaigns.save(session, list(latest.values()))
            await batch.store(session)
