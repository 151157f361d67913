"""Publishing to Kafka: acknowledged by all in-sync replicas, idempotent, many at once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.helpers import create_ssl_context
from aiokafka.partitioner import DefaultPartitioner
from chassis.errors import Unavailable
from chassis.kafka.disconnect import disconnect
from chassis.settings import BrokerSettings, ServiceSettings
from contracts.topics import Topic


@dataclass(frozen=True, slots=True)
class Record:
    """One record; `value` None is a tombstone."""

    topic: Topic
    key: str
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = field(default=())


class Broker:
    """Where the topics are."""

    def __init__(self, settings: BrokerSettings) -> None:
        self.prefix, self._connection = settings.topic_prefix, connection(settings)

    def name(self, topic: Topic) -> str:
        """With the prefix of this installation."""
        return self.prefix + topic.name

    def connection(self) -> dict[str, Any]:
        """What every client needs to reach the broker."""
        return dict(self._connection)


class Kafka(Broker):
    """The producer of one application; it starts at the first record."""

    def __init__(self, settings: ServiceSettings) -> None:
        super().__init__(settings)
        self.settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def publish_many(self, records: Sequence[Record]) -> None:
        """Return after every acknowledgement. Raises Unavailable; what was sent then may be there or not."""
        producer = None
        try:
            producer = await self._started()
            waiting = [
                await producer.send(
                    self.name(record.topic),
                    key=record.key.encode(),
                    value=record.value,
                    headers=list(record.headers),
                )
                for record in records
            ]
            await asyncio.gather(*waiting)
        except (KafkaError, OSError) as error:
            await self._replace(producer)
            raise Unavailable("the broker does not answer") from error

    async def _replace(self, failed: AIOKafkaProducer | None) -> None:
        """After a record that was given up, its successors on that partition are out of sequence for ever: an
        idempotent producer does not find its way back. Repeats have the same ids, so that a new one may begin."""
        if failed is not None and failed is self._producer:
            self._producer = None
            await disconnect(failed)

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **self.connection(),
                    acks="all",
                    enable_idempotence=True,
                    linger_ms=5,
                    max_batch_size=262_144,
                )
                try:
                    await producer.start()
                except BaseException:
                    await disconnect(producer)
                    raise
                self._producer = producer
        return self._producer

    async def partitions(self, topic: Topic) -> int:
        """How many a topic has. Raises Unavailable."""
        try:
            return len(await (await self._started()).partitions_for(self.name(topic)))
        except (KafkaError, OSError) as error:
            raise Unavailable("the broker does not answer") from error

    async def stop(self) -> None:
        """Flush and leave."""
        if self._producer is not None:
            await disconnect(self._producer)
            self._producer = None


def key_of_each_partition(number: int, stem: str) -> list[str]:
    """Keys that the producer's partitioner spreads over that many partitions, one each; for records that are about
    none."""
    partitioner, partitions = DefaultPartitioner(), list(range(number))
    found: dict[int, str] = {}
    for attempt in count():
        if len(found) == len(partitions):
            break
        key = f"{stem}-{attempt}"
        found.setdefault(partitioner(key.encode(), partitions, partitions), key)
    return [found[partition] for partition in partitions]


async def must_answer(arguments: dict[str, Any]) -> None:
    """Raises KafkaError while the broker is away; `arguments` as from `connection`."""
    client = AIOKafkaClient(**arguments)
    try:
        await client.bootstrap()
    finally:
        await client.close()


async def is_away(arguments: dict[str, Any]) -> bool:
    """Whether it does not answer. Not cancelled with its caller: a client cancelled in mid-connection leaves sockets
    open."""
    asking = asyncio.ensure_future(must_answer(arguments))
    await asyncio.wait({asking})
    return isinstance(asking.exception(), KafkaError | OSError)


def connection(settings: BrokerSettings) -> dict[str, Any]:
    """Client arguments for aiokafka: where the broker is and how it is spoken to."""
    protocol = settings.kafka_security_protocol
    arguments: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap_servers,
        "security_protocol": protocol,
        "client_id": settings.service,
    }
    if protocol.endswith("SSL"):
        arguments["ssl_context"] = create_ssl_context()
    if protocol.startswith("SASL"):
        arguments |= {
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": settings.kafka_sasl_username,
            "sasl_plain_password": settings.kafka_sasl_password.get_secret_value(),
        }
    return arguments
