"""What became of deliveries: statuses move forward, failed ones go on to the next channel, campaigns complete."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.batch import Batch
from chassis.kafka.outbox import Outgoing, put
from contracts import topics
from contracts.deliveries import DeliveryEvent
from contracts.enums import CampaignState
from segmenter.domain.campaign import Definition
from segmenter.domain.requests import folded, following, request, tries_next
from segmenter.domain.transitions import ANNOUNCED, Deed
from segmenter.repository import campaigns, fanout, receipts
from segmenter.service.launching import announce
from segmenter.settings import Settings
from sqlmodel.ext.asyncio.session import AsyncSession


class Receipts:
    """Hears `deliveries`."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database, self._clock, self._settings = database, clock, settings

    async def on_deliveries(self, batch: Batch) -> None:
        """One update for the batch; the next channel of those that ended without a way through, with it."""
        events = folded(item.event for item in batch.events if isinstance(item.event, DeliveryEvent))
        async with self._database.transaction() as session:
            if events:
                moved = await receipts.note(session, [_row(event) for event in events])
                failed = {event.delivery_id for event in events if tries_next(event)}
                await self._try_next(session, [row for row in moved if row.delivery_id in failed and row.rest])
            await batch.store(session)

    async def complete(self) -> bool:
        """Complete the campaigns of which everything has ended; True if there were any."""
        bounce = timedelta(minutes=self._settings.bounce_minutes)
        async with self._database.transaction() as session:
            ended = await receipts.finished(session, self._clock.now(), bounce)
        for campaign_id in ended:
            await self._complete(campaign_id)
        return bool(ended)

    async def _complete(self, campaign_id: UUID) -> None:
        async with self._database.transaction() as session:
            campaign = await campaigns.one(session, campaign_id, to_change=True)
            if campaign is not None and CampaignState(campaign.state) in ANNOUNCED:
                await announce(session, self._clock, self._settings, campaign, Deed.COMPLETE)

    async def _try_next(self, session: AsyncSession, failed: Sequence[Any]) -> None:
        if not failed:
            return
        now = self._clock.now()
        running = await receipts.running(session, list({row.campaign_id for row in failed}), now)
        rows = [following(self._settings.ids, row, now) for row in failed if row.campaign_id in running]
        new = await fanout.prepare(session, rows)
        asked = [row for row in rows if row["delivery_id"] in new]
        planned = await fanout.audience_rows(session, [(row["campaign_id"], row["ordinal"]) for row in asked])
        await put(session, self._settings.service, [self._outgoing(row, running, planned) for row in asked])

    def _outgoing(self, row: Any, running: dict[UUID, Any], planned: Any) -> Outgoing:
        campaign = running[row["campaign_id"]]
        definition = Definition.model_validate(campaign.definition)
        event = request(definition, campaign.launched_on, row, planned[row["campaign_id"], row["ordinal"]])
        topic = topics.requests_for(event.channel, urgent=event.urgent)
        event_id = self._settings.ids.event("delivery-request", event.delivery_id)
        return Outgoing(topic, str(event.member_id), event, event_id, self._clock.now())


def _row(event: DeliveryEvent) -> dict[str, Any]:
    return {
        "delivery_id": event.delivery_id,
        "status": event.status,
        "reason": getattr(event, "reason", "") or getattr(event, "code", ""),
        "rev": event.rev,
        "at": event.at,
    }
