"""The segmenter hears its own campaigns: a restored database finds there what its backup lacks.

The stored offsets are as old as the backup, so that exactly what was said since is heard again. Dispatchers have acted
on it and ignore what is not numbered above it, the union-wide stop too: so state and number are taken over.
"""

from typing import Any
from uuid import UUID

from chassis.db.database import Database
from chassis.kafka.batch import Batch
from chassis.observability.logs import get
from contracts.campaigns import CampaignEvent, SendingStopped
from segmenter.repository import campaigns, sending

log = get(__name__)
_HEARD = "heard again"


class Own:
    """Nothing here ever finds a newer version, unless the database was restored."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def on_campaigns(self, batch: Batch) -> None:
        """Campaigns that the backup knows as launched, and the stop. One launched later stays as the backup has it."""
        told: dict[UUID, CampaignEvent] = {}
        stop: SendingStopped | None = None
        for item in batch.events:
            match item.event:
                case CampaignEvent() as campaign:
                    known = told.get(campaign.campaign_id)
                    told[campaign.campaign_id] = (
                        campaign if known is None or known.version < campaign.version else known
                    )
                case SendingStopped() as word if stop is None or stop.version < word.version:
                    stop = word
        rows: list[dict[str, Any]] = [
            event.model_dump(include={"campaign_id", "version", "state"}) for _, event in sorted(told.items())
        ]
        async with self._database.transaction() as session:
            behind = len(await campaigns.go_on_above(session, rows)) if rows else 0
            if stop is not None:
                stopped = {**stop.model_dump(), "by": _HEARD}
                behind += await sending.go_on_above(session, stopped)
            await batch.store(session)
        if behind:
            log.error("the database was restored", words=behind)
