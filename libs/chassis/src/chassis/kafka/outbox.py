"""Transactional outbox: a transaction's events go to Kafka after its commit, in order for each key.

One relay a shard holds an advisory lock; its producer's transactional id fences a stalled predecessor, so that an old
snapshot cannot land after a newer one (measured, see STACK). A row is published, then deleted: a crash in between says
it again under the same event id.
"""

import asyncio
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from asyncpg.exceptions import InterfaceError
from chassis.db.database import Database
from chassis.db.leader import held
from chassis.db.tables import OUTBOX_SHARDS, outbox
from chassis.errors import Unavailable
from chassis.failpoints import reach
from chassis.kafka.disconnect import abort, disconnect
from chassis.kafka.producer import Kafka
from chassis.observability.logs import get
from chassis.observability.tracing import current_traceparent
from chassis.tasks import cancelled
from contracts.event import Event, encode
from contracts.topics import Topic
from sqlalchemy import delete, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

log = get(__name__)
_CHANNEL = "muster_outbox"
_BATCH = 1000
_SLOW_POLL = 1.0
"""Seconds; NOTIFY wakes the relay at once, the poll is for the notice that got lost."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One thing to say; `event` None is a tombstone for the key. `time` is when it happened."""

    topic: Topic
    key: str
    event: Event | None
    event_id: UUID
    time: datetime


async def put(session: AsyncSession, source: str, outgoing: Sequence[Outgoing]) -> None:
    """Add to the outbox within the caller's transaction, in one statement."""
    if not outgoing:
        return
    parent = current_traceparent()
    await session.execute(insert(outbox), [_row(item, source, parent) for item in outgoing])
    await session.execute(text(f"NOTIFY {_CHANNEL}"))


def shard_of(key: str) -> int:
    """A key stays on its shard for ever, so that its order holds."""
    return zlib.crc32(key.encode()) % OUTBOX_SHARDS


def _row(item: Outgoing, source: str, parent: str | None) -> dict[str, object]:
    value = None
    if item.event is not None:
        value = encode(
            item.event, id=str(item.event_id), source=source, subject=item.key, time=item.time, traceparent=parent
        )
    return {
        "shard": shard_of(item.key),
        "topic": item.topic.name,
        "key": item.key,
        "value": value,
        "traceparent": parent,
    }


class Relay:
    """A task that publishes every shard whose lock it gets."""

    name = "outbox-relay"

    def __init__(self, database: Database, kafka: Kafka, service: str) -> None:
        self._database, self._kafka, self._service = database, kafka, service

    async def run(self) -> None:
        """Endless; goes on after a lost broker or database."""
        keeping = [asyncio.create_task(self._keep(shard), name=f"outbox-{shard}") for shard in range(OUTBOX_SHARDS)]
        try:
            await asyncio.gather(*keeping)
        finally:
            await cancelled(keeping)  # a TaskGroup cancels once, and a cancellation can be lost

    async def _keep(self, shard: int) -> None:
        while True:
            try:
                await self._hold(shard)
            except (KafkaError, DBAPIError, OSError, Unavailable) as error:
                log.warning("outbox relay lost its place", shard=shard, error=type(error).__name__)
            await asyncio.sleep(1.0)

    async def _hold(self, shard: int) -> None:
        async with held(self._database, f"outbox-{shard}") as connection:
            if connection is None:
                return
            producer = AIOKafkaProducer(
                **self._kafka.connection(),
                transactional_id=f"{self._kafka.settings.topic_prefix}{self._service}-outbox-{shard}",
                acks="all",
                linger_ms=5,
                max_batch_size=262_144,
            )
            try:
                await producer.start()
                await self._carry(connection, producer, shard)
            finally:
                await disconnect(producer)

    async def _carry(self, connection: AsyncConnection, producer: AIOKafkaProducer, shard: int) -> None:
        woken = await _listening(connection)
        in_order = (
            select(outbox.c.id, outbox.c.topic, outbox.c.key, outbox.c.value, outbox.c.traceparent)
            .where(outbox.c.shard == shard)
            .order_by(outbox.c.id)
            .limit(_BATCH)
        )
        while True:
            woken.clear()
            rows = (await connection.execute(in_order)).all()
            if rows:
                await self._publish(producer, rows)
                reach("outbox.published")
                await connection.execute(delete(outbox).where(outbox.c.id.in_([row.id for row in rows])))
            if len(rows) < _BATCH:
                with suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), _SLOW_POLL)

    async def _publish(self, producer: AIOKafkaProducer, rows: Sequence[Any]) -> None:
        prefix, waiting = self._kafka.settings.topic_prefix, []
        await producer.begin_transaction()
        try:
            for row in rows:
                headers = [("content-type", b"application/cloudevents+json")]
                if row.traceparent:
                    headers.append(("traceparent", row.traceparent.encode()))
                sent = producer.send(prefix + row.topic, key=row.key.encode(), value=row.value, headers=headers)
                waiting.append(await sent)
            reach("outbox.publishing")
            await asyncio.gather(*waiting)  # a commit knows nothing of a record that the broker did not take
        except BaseException:  # its own context manager would wait for a broker that is away
            await abort(producer)
            raise
        await producer.commit_transaction()


async def _listening(connection: AsyncConnection) -> asyncio.Event:
    woken = asyncio.Event()
    driver = (await connection.get_raw_connection()).driver_connection
    if driver is None:
        raise OSError("the connection is gone")
    try:
        await driver.add_listener(_CHANNEL, lambda *_: woken.set())
    except InterfaceError as error:  # the driver's own: the server closed the connection meanwhile
        raise OSError("the connection is gone") from error
    return woken
