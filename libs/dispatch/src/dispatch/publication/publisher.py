"""Tells the outside of every transition, whoever made it. A repeat is the same event."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from chassis.db.database import Database
from chassis.failpoints import reach
from chassis.kafka.producer import Kafka, Record
from chassis.periodic import Periodic
from contracts import topics
from contracts.deliveries import (
    DeliveryAccepted,
    DeliveryDelivered,
    DeliveryEvent,
    DeliveryFailed,
    DeliveryInDoubt,
    DeliverySkipped,
)
from contracts.event import CONTENT_TYPE, encode
from dispatch.ledger.history import BEYOND
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


class Publisher:
    """One replica at a time publishes, so that a delivery's events keep their order."""

    def __init__(
        self, settings: DispatchSettings, database: Database, kafka: Kafka, wakeups: Wakeups, counts: DispatchMetrics
    ) -> None:
        self._settings, self._database, self._kafka = settings, database, kafka
        self._wakeups, self._counts = wakeups, counts

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
            news = await sql.unpublished(session, _BATCH)
        if not news:
            return 0
        records = [record for item in news for record in self._records(item)]
        await self._kafka.publish_many(records)
        reach("publisher.published")
        async with self._database.transaction() as session:
            await sql.mark(session, news)
        self._counts.published.inc(len(records))
        return len(news)

    def _records(self, item: Unpublished) -> Iterator[Record]:
        pseudonym = self._settings.pseudonyms.of(item.member_id)
        for step in item.unheard:
            if step.status in UNPUBLISHED:
                continue
            event = event_of(item, step, self._settings.channel, pseudonym, self._settings.pseudonyms.key_id)
            body = encode(
                event, id=str(self._id(item, step)), source=self._settings.service, subject=pseudonym, time=step.at
            )
            yield Record(topics.DELIVERIES, pseudonym, body, _HEADERS)

    def _id(self, item: Unpublished, step: Step) -> UUID:
        again = [step.gen] if step.status in _AGAIN else []
        anew = [step.rev] if step.rev >= BEYOND else []  # not the event of that status that a lost ledger told
        parts = (item.delivery_id, step.status, *again, *anew)
        return self._settings.ids.event(*parts)


def event_of(item: Unpublished, step: Step, channel: str, pseudonym: str, key_id: str) -> DeliveryEvent:
    """The event of one step."""
    common: dict[str, Any] = {
        "delivery_id": item.delivery_id,
        "rev": step.rev,
        "status": step.status,
        "campaign_id": item.campaign_id,
        "step": item.step,
        "variant": item.variant,
        "script_version": item.script_version,
        "channel": channel,
        "pseudonym": pseudonym,
        "pseudonym_key": key_id,
        "branch": item.branch,
        "region": item.region,
        "urgent": item.urgent,
        "attempts": step.gen,
        "at": step.at,
        "test": item.test,
    }
    known, reference = step.known, step.known.get("reference", "")
    reason, address_bad = known.get("reason", ""), known.get("address_bad", False)
    match step.status:
        case State.ACCEPTED:
            parts, encoding = known.get("parts", 1), known.get("encoding", "")
            return DeliveryAccepted(**common, provider_reference=reference, parts=parts, encoding=encoding)
        case State.DELIVERED:
            return DeliveryDelivered(**common, provider_reference=reference)
        case State.SKIPPED:
            return DeliverySkipped(**common, reason=reason)
        case State.IN_DOUBT | State.HELD:
            return DeliveryInDoubt(**common)
        case _:
            return DeliveryFailed(**common, code=known.get("code", ""), reason=reason, address_bad=address_bad)
