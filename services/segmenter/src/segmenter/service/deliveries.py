"""Statuses of deliveries move forward, and a failed delivery leads to the next channel."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from chassis.kafka.batch import Batch
from chassis.kafka.outbox import Outgoing, put
from contracts import topics
from contracts.events.deliveries import DeliveryEvent
from segmenter.domain.campaigns.campaign import Campaign
from segmenter.domain.deliveries import Delivery, RequestDetails, delivery_request, leads_to_next_channel, next_delivery
from segmenter.domain.latest_events import latest
from segmenter.repository import deliveries, fanout
from segmenter.service.base import Service
from sqlmodel.ext.asyncio.session import AsyncSession


class Deliveries(Service):
    """Handles `deliveries`."""

    async def on_deliveries(self, batch: Batch) -> None:
        """One update for the batch, and the next channel of those that ended without reaching the member."""
        received = [item.event for item in batch.events if isinstance(item.event, DeliveryEvent)]
        events = latest(received, lambda event: event.delivery_id, lambda event: event.rev)
        async with self._database.transaction() as session:
            if events:
                moved = await deliveries.update_statuses(session, events)
                failed = {event.delivery_id for event in events if leads_to_next_channel(event)}
                await self._try_next_channel(session, [one for one in moved if one.delivery_id in failed and one.rest])
            await batch.store(session)

    async def _try_next_channel(self, session: AsyncSession, failed: Sequence[Delivery]) -> None:
        if not failed:
            return
        now = self._clock.now()
        running = await deliveries.running(session, list({one.campaign_id for one in failed}), now)
        following = [next_delivery(self._settings.ids, one, now) for one in failed if one.campaign_id in running]
        added = await fanout.add_deliveries(session, following)
        new = [delivery for delivery in following if delivery.delivery_id in added]
        details = await fanout.request_details(session, new)
        await put(session, self._settings.service, [self._request(one, running, details) for one in new])

    def _request(
        self, delivery: Delivery, running: Mapping[UUID, Campaign], details: Mapping[tuple[UUID, int], RequestDetails]
    ) -> Outgoing:
        campaign = running[delivery.campaign_id]
        assert campaign.launched_on is not None
        planned = details[delivery.campaign_id, delivery.ordinal]
        event = delivery_request(campaign.definition, campaign.launched_on, delivery, planned)
        topic = topics.requests_for(event.channel, urgent=event.urgent)
        event_id = self._settings.ids.event("delivery-request", event.delivery_id)
        return Outgoing(topic, str(event.member_id), event, event_id, self._clock.now())
