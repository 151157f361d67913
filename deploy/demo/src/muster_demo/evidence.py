"""Reads the evidence: the segmenter's audience, the ledgers, the journal, the `deliveries` topic."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from asyncpg.exceptions import InterfaceError, InternalClientError, PostgresError
from contracts.enums import Intent
from contracts.event import decode
from contracts.events.deliveries import DeliveryEvent
from contracts.keywords import intent_of
from contracts.topics import DELIVERIES, PARTITIONS, Topic
from local_stack.stack import Stack
from muster_demo.judge import Evidence, Planned, Row
from sandbox.journal.lines import EMAIL, INBOUND, SMS

_AUDIENCE = """
SELECT a.campaign_id, a.member_id, a.channels, c.definition FROM audience a JOIN campaigns c USING (campaign_id)
"""
_WITHDRAWN = "SELECT delivery_id FROM deliveries WHERE status = 'skipped' AND reason = 'erased'"
_LEDGER = "SELECT delivery_id, state, reason, address_bad FROM deliveries"
_TRIES = """
SELECT delivery_id FROM deliveries JOIN campaigns USING (campaign_id) WHERE coalesce(snapshot->>'test_of', '') <> ''
"""
AWAY = (OSError, PostgresError, InterfaceError, InternalClientError)
"""What a query raises while a database is down."""
_CHANNELS = {"dispatch-sms": "sms", "dispatch-email": "email"}


async def gather(stack: Stack) -> Evidence:
    """All evidence, as it is now."""
    ledgers: list[tuple[UUID, Row]] = []
    for service, channel in _CHANNELS.items():
        for row in await rows(stack, service, _LEDGER):
            ledgers.append((row["delivery_id"], Row(channel, row["state"], row["reason"], row["address_bad"])))
    return Evidence(
        audience=[_planned(row) for row in await rows(stack, "segmenter", _AUDIENCE)],
        ledgers=ledgers,
        journal=journal_ids(stack.journal),
        published=await last_published(stack),
        withdrawn=[row["delivery_id"] for row in await rows(stack, "segmenter", _WITHDRAWN)],
    )


async def tries(stack: Stack) -> set[str]:
    """Ids of the deliveries of test sends to staff."""
    return {str(row["delivery_id"]) for service in _CHANNELS for row in await rows(stack, service, _TRIES)}


def journal_ids(journal: Path) -> list[UUID]:
    """The delivery id of every message that the carrier or the mail server accepted."""
    return [UUID(line["delivery_id"]) for file in (SMS, EMAIL) for line in file.lines(journal) if line["delivery_id"]]


async def last_published(stack: Stack) -> dict[UUID, str]:
    """The status with the highest `rev` of every delivery on the topic."""
    last: dict[UUID, tuple[int, str]] = {}
    for value in await values(stack, DELIVERIES):
        event = decode(value).event
        if isinstance(event, DeliveryEvent) and event.rev >= last.get(event.delivery_id, (0, ""))[0]:
            last[event.delivery_id] = event.rev, event.status
    return {found: status for found, (_, status) in last.items()}


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a topic; `value` None is a tombstone."""

    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


async def values(stack: Stack, topic: Topic) -> list[bytes]:
    """Every value of a topic, without tombstones; those that were kept of a broker that is gone come first."""
    return [*stack.gone_values.get(topic.name, ()), *await present_values(stack, topic)]


async def present_values(stack: Stack, topic: Topic) -> list[bytes]:
    """The same of the present broker."""
    return [record.value for record in await records(stack, topic) if record.value is not None]


async def records(stack: Stack, topic: Topic) -> list[Record]:
    """Every record of a topic."""
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.kafka.bootstrap, isolation_level="read_committed")
    await consumer.start()
    found: list[Record] = []
    try:
        partitions = [TopicPartition(topic.name, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        starts, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        for partition in partitions:
            consumer.seek(partition, starts[partition])
        while not await _read_up_to(consumer, ends):
            batch = await consumer.getmany(timeout_ms=200)
            read = [record for part in batch.values() for record in part]
            found += [Record(record.key or b"", record.value, tuple(record.headers)) for record in read]
    finally:
        await consumer.stop()
    return found


async def _read_up_to(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    for partition, end in ends.items():
        if await consumer.position(partition) < end:
            return False
    return True


def answers_sent(journal: Path) -> int:
    """Inbound texts that are answers: not STOP, START or HELP."""
    intents = Counter(intent_of(line["body"], provider_keywords=False) for line in INBOUND.lines(journal))
    return intents[Intent.ANSWER]


async def rows(stack: Stack, service: str, query: str) -> Sequence[asyncpg.Record]:
    """A query to a service's database."""
    connection = await asyncpg.connect(stack.addresses.databases[service].replace("+asyncpg", ""))
    try:
        found: Sequence[asyncpg.Record] = await connection.fetch(query)
        return found
    finally:
        await connection.close()


def _planned(row: asyncpg.Record) -> Planned:
    definition = orjson.loads(row["definition"])
    return Planned(
        campaign_id=row["campaign_id"],
        member_id=row["member_id"],
        channels=tuple(row["channels"]),
        step=definition["step"],
        at_once=definition["channels"]["rule"] == "all",
    )
