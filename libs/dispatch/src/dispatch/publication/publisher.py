"""Publishes every transition, whichever part made it. A repeat is the same event."""

from collections.abc import Iterator
from uuid import UUID

from chassis.db.database import Database
from chassis.failpoints import reach
from chassis.kafka.producer import Kafka, Record
from chassis.periodic import Periodic
from contracts import topics
from contracts.event import CONTENT_TYPE, encode
from contracts.events.deliveries import (
    DeliveryAccepted,
    DeliveryDelivered,
    DeliveryEvent,
    DeliveryFailed,
    DeliveryInDoubt,
    DeliverySkipped,
)
from dispatch.ledger.passed_sql import BEYOND
from dispatch.ledger.states import UNPUBLISHED, State
from dispatch.observability.metrics import DispatchMetrics
from dispatch.publication import sql
from dispatch.publication.sql import Step, Unpublished
from dispatch.settings import DispatchSettings
from dispatch.wakeups import Wakeups

_BATCH = 1000
_POLL, _GATHER = 0.4, 0.1
_HEADERS = (("content-type", CONTENT_TYPE.encode()),)
_AGAIN = frozenset({State.IN_DOUBT, State.HELD})
"""States that one delivery may pass more than once; their event ids carry the attempt too."""
_EVENTS: dict[str, type[DeliveryEvent]] = {
    State.ACCEPTED: DeliveryAccepted,
    State.DELIVERED: DeliveryDelivered,
    State.SKIPPED: DeliverySkipped,
    State.IN_DOUBT: DeliveryInDoubt,
    State.HELD: DeliveryInDoubt,
}
"""All others are failures. Each event takes those of the known facts that it has fields for."""
_SAME = ("delivery_id", "campaign_id", "step", "variant", "script_version", "branch", "region", "urgent", "test")
"""Columns that are fields of every event."""


class Publisher:
    """One replica at a time publishes, so that a delivery's events keep their order."""

    def __init__(
        self, settings: DispatchSettings, database: Database, kafka: Kafka, wakeups: Wakeups, metrics: DispatchMetrics
    ) -> None:
        self._settings, self._database, self._kafka = settings, database, kafka
        self._wakeups, self._metrics = wakeups, metrics

    @property
    def task(self) -> Periodic:
        """Publishes in one replica at a time."""
        wakeup = self._wakeups.unpublished
        return Periodic("publisher", self._step, every=_POLL, wakeup=wakeup, gather=_GATHER, leader=self._database)

    async def _step(self) -> bool:
        return await self.publish() == _BATCH

    async def publish(self) -> int:
        """One batch: read, publish, and after every acknowledgement mark. How many rows."""
        async with self._database.transaction() as session:
            found = await sql.unpublished(session, _BATCH)
        if not found:
            return 0
        records = [record for item in found for record in self._records(item)]
        await self._kafka.publish_many(records)
        reach("publisher.published")
        async with self._database.transaction() as session:
            await sql.mark(session, found)
        self._metrics.published.inc(len(records))
        return len(found)

    def _records(self, item: Unpublished) -> Iterator[Record]:
        pseudonym = self._settings.pseudonyms.of(item.member_id)
        for step in item.passed:
            if step.rev <= item.published_rev or step.status in UNPUBLISHED:
                continue
            event = event_of(item, step, self._settings.channel, pseudonym, self._settings.pseudonyms.key_id)
            body = encode(
                event, id=str(self._id(item, step)), source=self._settings.service, subject=pseudonym, time=step.at
            )
            yield Record(topics.DELIVERIES, pseudonym, body, _HEADERS)

    def _id(self, item: Unpublished, step: Step) -> UUID:
        again = [step.gen] if step.status in _AGAIN else []
        anew = [step.rev] if step.rev >= BEYOND else []  # not the event of that status that a lost ledger published
        parts = (item.delivery_id, step.status, *again, *anew)
        return self._settings.ids.event(*parts)


def event_of(item: Unpublished, step: Step, channel: str, pseudonym: str, key_id: str) -> DeliveryEvent:
    """The event of one step."""
    known = {"reason": "", "provider_reference": step.known.get("reference", ""), **step.known}
    return _EVENTS.get(step.status, DeliveryFailed)(
        **known,
        **{name: getattr(item, name) for name in _SAME},
        rev=step.rev,
        status=step.status,
        channel=channel,
        pseudonym=pseudonym,
        pseudonym_key=key_id,
        attempts=step.gen,
        at=step.at,
    )
