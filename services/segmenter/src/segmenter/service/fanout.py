"""From a frozen audience to requests on Kafka: prepare, publish, checkpoint."""

from typing import Any

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.failpoints import reach
from chassis.kafka.producer import Kafka, Record
from chassis.observability.tracing import current_traceparent, resumed_span
from contracts import topics
from contracts.event import CONTENT_TYPE, encode
from segmenter.domain.campaign import Definition
from segmenter.domain.requests import first, request
from segmenter.repository import fanout
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
        shard stays locked meanwhile: a killed replica lets go of it at once, and whoever takes it repeats the chunk
        under the same ids.
        """
        async with self._database.transaction() as session:
            shard = await fanout.claim(session, self._clock.now())
            if shard is None:
                return False
            definition = Definition.model_validate(shard.campaign_definition)
            with resumed_span("fan-out chunk", shard.campaign_traceparent):
                await self._publish(definition, shard, await fanout.prepared(session, shard))
            if shard.going and shard.prepared < shard.last:
                up_to = min(shard.last, shard.prepared + self._settings.fanout_chunk)
                await self._prepare(session, definition, shard, up_to)
                await fanout.advance(session, shard, prepared=up_to, done=False)
            else:
                await fanout.advance(session, shard, prepared=shard.prepared, done=True)
        return True

    async def _prepare(self, session: AsyncSession, definition: Definition, shard: Any, up_to: int) -> None:
        now, is_test = self._clock.now(), shard.campaign_test_of is not None
        members = await fanout.unasked(session, shard.campaign_id, shard.prepared, up_to)
        rows = [
            delivery
            for member in members
            for delivery in first(
                self._settings.ids, definition, member, campaign_id=shard.campaign_id, test=is_test, at=now
            )
        ]
        await fanout.prepare(session, rows)

    async def _publish(self, definition: Definition, shard: Any, rows: Any) -> None:
        if rows:
            parent = current_traceparent()
            await self._kafka.publish_many([self._record(definition, shard, row, parent) for row in rows])
            reach("fan-out.published")

    def _record(self, definition: Definition, shard: Any, row: Any, parent: str | None) -> Record:
        event = request(definition, shard.campaign_launched_on, row._mapping, row)
        key = str(event.member_id)
        value = encode(
            event,
            id=str(self._settings.ids.event("delivery-request", event.delivery_id)),
            source=self._settings.service,
            subject=key,
            time=row.at,
            traceparent=parent,
        )
        headers = (*_HEADERS, ("traceparent", parent.encode())) if parent else _HEADERS
        return Record(topics.requests_for(event.channel, urgent=event.urgent), key, value, headers)
