"""The segmenter reads back its own campaigns: a restored database finds there what its backup lacks.

The stored offsets are as old as the backup, so that exactly what was published since is received again. Dispatchers
have acted on it and ignore what is not numbered above it, the union-wide stop too: so state and number are taken over.
"""

from chassis.db.database import Database
from chassis.kafka.batch import Batch
from chassis.observability.logs import get
from contracts.events.campaigns import CampaignEvent, SendingStopped
from segmenter.domain.latest_events import latest
from segmenter.repository import campaigns, union_stop

log = get(__name__)


class Restore:
    """Nothing here ever finds a newer version, unless the database was restored."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def on_campaigns(self, batch: Batch) -> None:
        """Campaigns that the backup knows as launched, and the stop. One launched later stays as the backup has it."""
        events = [item.event for item in batch.events]
        published = [event for event in events if isinstance(event, CampaignEvent)]
        newest = latest(published, lambda event: event.campaign_id, lambda event: event.version)
        stops = [event for event in events if isinstance(event, SendingStopped)]
        async with self._database.transaction() as session:
            adopted = await campaigns.adopt_newer(session, newest) if newest else 0
            if stops:
                adopted += await union_stop.adopt_newer(session, max(stops, key=lambda stop: stop.version))
            await batch.store(session)
        if adopted:
            log.error("the database was restored", adopted=adopted)
