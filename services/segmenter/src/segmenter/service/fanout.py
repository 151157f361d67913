"""From a frozen audience to requests on Kafka: prepare, publish, checkpoint."""

from chassis.failpoints import reach
from chassis.kafka.producer import Kafka, Record
from chassis.observability.tracing import current_traceparent, resumed_span
from contracts import topics
from contracts.event import CONTENT_TYPE, encode
from segmenter.domain.campaigns.quarantine import concerning
from segmenter.domain.deliveries import Delivery, RequestDetails, delivery_request, first_deliveries
from segmenter.repository import fanout
from segmenter.repository.fanout import ClaimedShard
from segmenter.service.base import Parts, Service
from sqlmodel.ext.asyncio.session import AsyncSession

_HEADERS = (("content-type", CONTENT_TYPE.encode()),)


class FanOut(Service):
    """Steps that any number of replicas may take; each is done by one of them, and again after a crash."""

    def __init__(self, parts: Parts, kafka: Kafka) -> None:
        super().__init__(parts)
        self._kafka = kafka

    async def advance(self) -> bool:
        """Publish what a shard has prepared and, once acknowledged, move its checkpoint and prepare the next chunk.

        The deliveries are committed before they are published, so that each receipt finds its row. The shard
        stays locked in the meantime: a killed replica's lock ends at once, and the replica that takes the shard next
        repeats the chunk under the same ids.
        """
        with concerning() as concern:
            async with self._database.transaction() as session:
                shard = await fanout.claim(session, self._clock.now())
                if shard is None:
                    return False
                concern.campaign_id = shard.campaign_id
                await self._advance(session, shard)
        return True

    async def _advance(self, session: AsyncSession, shard: ClaimedShard) -> None:
        with resumed_span("fan-out chunk", shard.traceparent):
            parent = current_traceparent()
            await fanout.skip_erased(session, shard)
            prepared = [self._record(shard, *each, parent) for each in await fanout.prepared(session, shard)]
            if prepared:
                await self._kafka.publish_many(prepared)
                reach("fan-out.published")
        if shard.continues and shard.prepared < shard.last:
            up_to = min(shard.last, shard.prepared + self._settings.fanout_chunk)
            members = await self._prepare(session, shard, up_to)
            await fanout.advance(session, shard, prepared=up_to, members=members, done=False)
        else:
            await fanout.advance(session, shard, prepared=shard.prepared, members=0, done=True)

    async def _prepare(self, session: AsyncSession, shard: ClaimedShard, up_to: int) -> int:
        """Write their deliveries; for how many members."""
        now, is_test, ids = self._clock.now(), shard.test_of is not None, self._settings.ids
        new: list[Delivery] = []
        recipients = await fanout.recipients(session, shard.campaign_id, shard.prepared, up_to)
        for each in recipients:
            new += first_deliveries(ids, shard.definition, each, campaign_id=shard.campaign_id, test=is_test, at=now)
        await fanout.add_deliveries(session, new)
        return len(recipients)

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
