"""From a frozen audience to requests on Kafka: prepare, publish, checkpoint."""

from collections.abc import Sequence

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.failpoints import reach
from chassis.kafka.producer import Kafka, Record
from chassis.observability.tracing import current_traceparent, resumed_span
from contracts import topics
from contracts.event import CONTENT_TYPE, encode
from segmenter.domain.deliveries import Delivery, RequestDetails, delivery_request, first_deliveries
from segmenter.repository import fanout
from segmenter.repository.fanout import ClaimedShard
from segmenter.settings import Settings
from sqlmodel.ext.asyncio.session import AsyncSession

_HEADERS = (("content-type", CONTENT_TYPE.encode()),)


class FanOut:
    """Steps that any number of replicas may take; each is done by one of them, and again after a crash."""

    def __init__(self, database: Database, clock: Clock, settings: Settings, kafka: Kafka) -> None:
        self._database, self._clock, self._settings, self._kafka = database, clock, settings, kafka

    async def advance(self) -> bool:
        """Publish what a shard has prepared and, once acknowledged, move its checkpoint and prepare the next chunk.

        The deliveries are committed before they are published, so that no receipt can be faster than its row. The
        shard stays locked meanwhile: a killed replica's lock ends at once, and whoever takes the shard repeats the
        chunk under the same ids.
        """
        async with self._database.transaction() as session:
            shard = await fanout.claim(session, self._clock.now())
            if shard is None:
                return False
            with resumed_span("fan-out chunk", shard.traceparent):
                await self._publish(shard, await fanout.prepared(session, shard))
            if shard.continues and shard.prepared < shard.last:
                up_to = min(shard.last, shard.prepared + self._settings.fanout_chunk)
                await self._prepare(session, shard, up_to)
                await fanout.advance(session, shard, prepared=up_to, done=False)
            else:
                await fanout.advance(session, shard, prepared=shard.prepared, done=True)
        return True

    async def _prepare(self, session: AsyncSession, shard: ClaimedShard, up_to: int) -> None:
        now, is_test, ids = self._clock.now(), shard.test_of is not None, self._settings.ids
        recipients = await fanout.recipients(session, shard.campaign_id, shard.prepared, up_to)
        new = [
            delivery
            for recipient in recipients
            for delivery in first_deliveries(
                ids, shard.definition, recipient, campaign_id=shard.campaign_id, test=is_test, at=now
            )
        ]
        await fanout.add_deliveries(session, new)

    async def _publish(self, shard: ClaimedShard, prepared: Sequence[tuple[Delivery, RequestDetails]]) -> None:
        if prepared:
            parent = current_traceparent()
            await self._kafka.publish_many([self._record(shard, *each, parent) for each in prepared])
            reach("fan-out.published")

    def _record(self, shard: ClaimedShard, delivery: Delivery, details: RequestDetails, parent: str | None) -> Record:
        event = delivery_request(shard.definition, shard.launched_on, delivery, details)
        key = str(event.member_id)
        value = encode(
            event,
            id=str(self._settings.ids.event("delivery-request", event.delivery_id)),
            source=self._settings.service,
            subject=key,
            time=delivery.at,
            traceparent=parent,
        )
        headers = (*_HEADERS, ("traceparent", parent.encode())) if parent else _HEADERS
        return Record(topics.requests_for(event.channel, urgent=event.urgent), key, value, headers)
