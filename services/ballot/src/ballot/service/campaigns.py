"""The projection of `campaigns`: which campaign asks which poll."""

from ballot.repository import campaigns
from chassis.db.database import Database
from chassis.kafka.batch import Batch
from contracts.event import KeyRemoved
from contracts.events.campaigns import CampaignEvent


class Campaigns:
    """Consumes `campaigns`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def apply(self, batch: Batch) -> None:
        """Store the latest snapshots of campaigns that ask a poll, and remove those that were removed. Test sends are
        left out, since replies to them are marked as such."""
        events = [item.event for item in batch.events]
        published = [event for event in events if isinstance(event, CampaignEvent)]
        asking = [event for event in published if event.poll_id and event.test_of is None]
        removed = [each for event in events if isinstance(event, KeyRemoved) for each in event.ids]
        latest = {event.campaign_id: event for event in sorted(asking, key=lambda event: event.version)}
        async with self._database.transaction() as session:
            if latest:
                await campaigns.save(session, list(latest.values()))
            if removed:
                await campaigns.remove(session, removed)
            await batch.store(session)
