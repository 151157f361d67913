"""Runs a subscription: FastStream fetches, we decode, hand over, store and commit, in that order."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from chassis.db.database import Database
from chassis.errors import Unavailable
from chassis.kafka.batch import Batch, Letters, Poison, RawRecord, decode_all
from chassis.kafka.catch_up import CatchUp
from chassis.kafka.poison_search import bisect
from chassis.kafka.positions import Overtaken, Position, StoredPosition, note_lost, stored_positions
from chassis.kafka.producer import Kafka, is_away
from chassis.kafka.subscription import Subscription
from chassis.observability.logs import error_fields, get
from chassis.observability.tracing import batch_span
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage
from faststream.kafka.message import KafkaAckableMessage
from sqlalchemy.exc import DBAPIError

log = get(__name__)
_TRIES, _LONGEST_WAIT = 6, 5.0
_PATIENCE = 5.0
"""Seconds for an answer about offsets."""
_PAUSE = 1.0
"""Seconds before a batch that was put back is read again."""
_DRAIN = 20.0
"""Seconds a revoke waits for the batch in hand; below the rebalance timeout."""
REBALANCE_TIMEOUT_MS = 60_000


class Consumer(ConsumerRebalanceListener):
    """One consumer of one group. At most one batch is in hand at a time."""

    def __init__(self, subscription: Subscription, kafka: Kafka, database: Database, letters: Letters) -> None:
        self.subscription, self._kafka, self._database, self._letters = subscription, kafka, database, letters
        self._catch_up = CatchUp(kafka, database)
        self._names = {kafka.name(topic): topic for topic in subscription.topics}
        self.group = f"{kafka.settings.topic_prefix}{kafka.settings.service}.{subscription.group}"
        self._idle = asyncio.Event()
        self._idle.set()
        self._spare = False
        """The group has more members than partitions, and none was assigned to this one."""
        self._astray: set[TopicPartition] = set()
        self.subscriber: Any = None

    def attach(self, broker: KafkaBroker) -> None:
        """Register with FastStream under our settings: its defaults lose messages."""
        settings = self._kafka.settings
        slot = f"{self.group}-{settings.group_instance}" if settings.group_instance else None
        self.subscriber = broker.subscriber(
            *self._names,
            group_id=self.group,
            group_instance_id=slot,
            batch=True,
            max_records=self.subscription.max_records,
            batch_timeout_ms=1000,  # how long nothing may come; what comes is handed over at once
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=settings.kafka_session_timeout_ms,
            heartbeat_interval_ms=settings.kafka_session_timeout_ms // 10,
            rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
            listener=self,
            no_reply=True,
            parser=self._parse,
            decoder=_undecoded,
        )
        self.subscriber(self._take)

    async def watch(self) -> None:
        """Keep `progress` true: assignment, last poll, and whether we have caught up."""
        goal: dict[TopicPartition, int] = {}
        progress = self.subscription.progress
        while True:
            consumer: AIOKafkaConsumer | None = self.subscriber.consumer
            parts = tuple(consumer.assignment()) if consumer else ()
            progress.assigned = progress.assigned or bool(parts) or self._spare
            progress.spare = self._spare and not parts
            progress.caught_up = progress.caught_up or progress.spare
            try:
                await self._seek()
                if consumer and parts and not self._astray:
                    self._note_poll(max(consumer.last_poll_timestamp(part) or 0 for part in parts))
                    if not progress.caught_up:
                        goal = goal if goal.keys() == set(parts) else await consumer.end_offsets(parts)
                        progress.caught_up = await self._reached(consumer, goal)
            except (KafkaError, IllegalStateError, TimeoutError, Unavailable, DBAPIError):
                log.info("progress not known for now", group=self.subscription.group)
            if progress.assigned and not progress.spare and self.subscription.is_silent():
                progress.cut_off = bool(self._astray) or await is_away(self._kafka.connection())
            await asyncio.sleep(1.0 if progress.caught_up or self._astray else 0.1)

    def _note_poll(self, milliseconds: int) -> None:
        """Partitions that are ours since a moment have not been polled yet: their time begins now."""
        if milliseconds:
            self.subscription.progress.last_poll = datetime.fromtimestamp(milliseconds / 1000, UTC)
        elif self.subscription.progress.last_poll is None:
            self.subscription.progress.last_poll = datetime.now(UTC)

    async def _reached(self, consumer: AIOKafkaConsumer, goal: dict[TopicPartition, int]) -> bool:
        if any([end > await asyncio.wait_for(consumer.position(part), _PATIENCE) for part, end in goal.items()]):
            return False
        # What is fetched may not be handled yet: what counts is what is stored.
        stored = await self._stored()
        behind = [part for part, end in goal.items() if part not in stored or stored[part].next_offset < end]
        for topic in {part.topic for part in behind}:
            ends = {part.partition: goal[part] for part in behind if part.topic == topic}
            if not await self._catch_up.has_passed(self.subscription.group, self._names[topic], ends):
                return False
        return True

    async def _stored(self) -> dict[TopicPartition, StoredPosition]:
        async with self._database.transaction() as session:
            found = await stored_positions(session, self.subscription.group)
        return {TopicPartition(self._kafka.settings.topic_prefix + one.topic, one.partition): one for one in found}

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Go on from what the database says, not from what the group says: it may have been restored."""
        self._spare = not assigned
        self._astray.clear()
        await self._go_on(assigned)

    async def _go_on(self, parts: Iterable[TopicPartition]) -> None:
        """Read on from what the database says; nothing is read before it says so, see `watch`."""
        consumer: AIOKafkaConsumer = self.subscriber.consumer
        self._astray = {part for part in self._astray.union(parts) if part in consumer.assignment()}
        consumer.pause(*self._astray)
        try:
            await self._seek()
        except (Unavailable, DBAPIError, KafkaError, TimeoutError) as error:
            log.warning("cannot tell yet where to go on", group=self.subscription.group, error=type(error).__name__)

    async def _seek(self) -> None:
        """Where the database knows of nothing, from the start: an offset too low is reset to the earliest. What lies
        above the end of its log stays paused until an operator accepts the new log."""
        if not self._astray:
            return
        consumer: AIOKafkaConsumer = self.subscriber.consumer
        topics = {part.topic for part in self._astray}
        stored = await self._stored()
        known = [part for part in stored if part.topic in topics]
        ends = await asyncio.wait_for(consumer.end_offsets(known), _PATIENCE) if known else {}
        rebuilt = {part.topic for part in known if stored[part].is_above(ends[part])}
        await self._note_rebuilt({self._names[topic].name for topic in rebuilt})
        for part in self._astray & consumer.assignment():
            if part.topic not in rebuilt:
                consumer.seek(part, stored[part].next_offset if part in stored else 0)
                consumer.resume(part)
        self._astray = {part for part in self._astray & consumer.assignment() if part.topic in rebuilt}

    async def _note_rebuilt(self, topics: set[str]) -> None:
        progress, service = self.subscription.progress, self._kafka.settings.service
        if topics:
            async with self._database.transaction() as session:
                await note_lost(session, self.subscription.group, topics)
            if not progress.rebuilt:
                log.error(
                    "the broker was rebuilt: stored positions are above the end of the log",
                    group=self.subscription.group,
                    topics=sorted(topics),
                    accept_by=f"muster topics accept-rebuilt {service}",
                )
        names = ", ".join(sorted(topics))
        progress.rebuilt = f"{names} rebuilt: run muster topics accept-rebuilt {service}" if topics else ""

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Wait for the batch in hand, so that no other member of the group gets it too."""
        if revoked:
            try:
                await asyncio.wait_for(self._idle.wait(), _DRAIN)
            except TimeoutError:
                log.warning("revoked before the batch was done", group=self.subscription.group)

    async def _parse(self, records: tuple[RawRecord, ...]) -> KafkaAckableMessage:
        # FastStream's own parser skips a whole batch over one header that is not UTF-8.
        return KafkaAckableMessage(body=b"", raw_message=records, consumer=self.subscriber.consumer)

    async def _take(self, message: KafkaMessage) -> None:
        records = message.raw_message
        assert isinstance(records, tuple)
        self._idle.clear()
        try:
            await self._work(records)
        except Unavailable as error:
            log.warning("batch put back", group=self.subscription.group, error=str(error))
            await self._put_back(records)
        except Exception as error:  # noqa: BLE001 - FastStream hides it, and the next batch would commit past this one
            log.error("batch put back", group=self.subscription.group, **error_fields(error))
            await self._put_back(records)
        finally:
            self._idle.set()

    async def _put_back(self, records: tuple[RawRecord, ...]) -> None:
        """Go on from what is stored, a little later: a part of the batch may be stored, by us or by another replica."""
        await self._go_on(TopicPartition(record.topic, record.partition) for record in records)
        self.subscription.progress.put_back += 1
        await asyncio.sleep(_PAUSE)

    async def _work(self, records: tuple[RawRecord, ...]) -> None:
        batch = decode_all(records, self._names, self.subscription.group, self._letters)
        with batch_span(f"{batch.group} hear", (item.traceparent for item in batch.events)):
            if batch.events:
                await bisect(batch, self._with_patience, self._refuse)
            else:
                await self._store(batch)
        await self._commit(batch.positions)

    async def _refuse(self, batch: Batch, poison: Poison) -> None:
        await self._store(batch.refusing(poison))

    async def _with_patience(self, batch: Batch) -> None:
        for attempt in range(_TRIES):
            try:
                return await self.subscription.handle(batch)
            except Overtaken:
                raise
            except Unavailable:
                if attempt == _TRIES - 1:
                    raise
                await asyncio.sleep(random.uniform(0.5, 1) * min(_LONGEST_WAIT, 0.1 * 2**attempt))  # noqa: S311
        return None

    async def _store(self, batch: Batch) -> None:
        async with self._database.transaction() as session:
            await batch.store(session)

    async def _commit(self, positions: tuple[Position, ...]) -> None:
        prefix = self._kafka.settings.topic_prefix
        offsets = {TopicPartition(prefix + p.topic, p.partition): p.next_offset for p in positions}
        try:
            await self.subscriber.consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError):
            log.info("partitions moved away before the commit", group=self.subscription.group)
        except KafkaError as error:
            raise Unavailable("the broker does not answer") from error


async def _undecoded(_: KafkaMessage) -> None:
    """The body is read by `decode_all`, record by record."""
