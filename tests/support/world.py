"""What an integration test needs around a service: topics of its own, databases of its own, tokens, a plain client."""

import asyncio
import fcntl
import re
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from chassis.app import Application
from chassis.settings import ServiceSettings
from contracts.event import Event, Received, decode, encode
from contracts.topics import ALL, PARTITIONS, Topic
from local_stack.kafka import KafkaServer
from local_stack.postgres import PostgresServer

from tests.support.answers import http_client
from tests.support.facts import patient
from tests.support.tokens import ALL_SCOPES, Issuer

S = TypeVar("S", bound=ServiceSettings)
Until = int | Callable[[list[Received]], bool]


@dataclass(frozen=True, slots=True)
class Raw:
    """A record as it lies on the topic."""

    topic: str
    key: str
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class Databases:
    """Databases on one server. A service's schema is migrated once and then copied: `folder`, which all processes that
    use the server share, remembers which."""

    def __init__(self, server: PostgresServer, folder: Path) -> None:
        self.server, self._folder = server, folder

    async def database(self, name: str) -> str:
        """An empty database by this name; its address."""
        return await self.server.database(name)

    async def delete(self, start: str) -> None:
        """Every database whose name starts so, with the sessions in it."""
        connection = await asyncpg.connect(self.server.url("postgres", driver="postgresql"))
        try:
            query = "SELECT datname FROM pg_database WHERE starts_with(datname, $1)"
            for row in await connection.fetch(query, start):
                await connection.execute(f'DROP DATABASE "{row["datname"]}" WITH (FORCE)')
        finally:
            await connection.close()

    def migrated(self, module: str, name: str) -> str:
        """A database with the schema of a service; its address. Blocks for the seconds it takes."""
        template = f"template_{module}"
        with (self._folder / f"{template}.made").open("a+") as made:
            fcntl.flock(made, fcntl.LOCK_EX)
            if not made.tell():
                self._migrate(module, template)
                made.write("made\n")
        return self.server.create_blocking(name, template=template)

    def _migrate(self, module: str, database: str) -> None:
        done = subprocess.run(
            (sys.executable, "-m", "chassis.db.migrations", module, "upgrade"),
            env={"DATABASE_URL": self.server.create_blocking(database), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise AssertionError(f"migrating {module} failed:\n{done.stdout}{done.stderr}")


@dataclass
class World:
    """One test module's world."""

    kafka: KafkaServer
    databases: Databases
    issuer: Issuer
    secrets: dict[str, str]
    folder: Path
    prefix: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:8]}.")
    producer: AIOKafkaProducer | None = None

    async def start(self, topics: Sequence[Topic] = ALL) -> None:
        """Create the topics."""
        await self.kafka.create_topics(self.prefix, topics)

    async def stop(self) -> None:
        """Close the connections."""
        if self.producer is not None:
            await self.producer.stop()

    async def delete(self) -> None:
        """Stop, and delete the topics and databases: each costs servers that are shared some work for as long as it is
        there."""
        await self.stop()
        await self.kafka.delete_topics(self.prefix)
        await self.databases.delete(self.prefix.rstrip("."))

    def settings(self, kind: type[S], **overrides: Any) -> S:
        """Settings of a service in this world. Its database is migrated, and the same at every call: a second replica
        or a restart finds what the first wrote. `module` names the service's module where the class's place does not.
        """
        module = overrides.pop("module", None) or kind.__module__.split(".")[0]
        values: dict[str, Any] = {
            "environment": "test",
            "port": 0,
            "metrics_port": 0,
            "public_url": f"https://{module.replace('_', '-')}.example.org",
            "kafka_bootstrap_servers": self.kafka.bootstrap,
            "kafka_session_timeout_ms": 10_000,
            "topic_prefix": self.prefix,
            "state_dir": self.folder / module,
            "jwks_url": self.issuer.jwks_url,
            "log_format": "console",
            "drain_seconds": 5.0,
            **{name.lower(): value for name, value in self.secrets.items()},
        }
        known = {name: value for name, value in (values | overrides).items() if name in kind.model_fields}
        unknown = overrides.keys() - kind.model_fields.keys()
        if unknown:
            raise TypeError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
        if "database_url" not in overrides and _has_migrations(module):
            known["database_url"] = self.database_url(module)
        return kind(**known)

    def database_url(self, module: str) -> str:
        """The migrated database of a service in this world."""
        return self.databases.migrated(module, f"{self.prefix.rstrip('.')}_{module}")

    def token(self, scopes: str = ALL_SCOPES, *, branch: str | None = None, **claims: Any) -> str:
        """A valid bearer token."""
        return self.issuer.token(scopes, branch=branch, **claims)

    def headers(self, scopes: str = ALL_SCOPES, *, branch: str | None = None) -> dict[str, str]:
        """The Authorization header with a valid token."""
        return {"Authorization": f"Bearer {self.token(scopes, branch=branch)}"}

    async def publish(
        self,
        topic: Topic,
        key: str,
        event: Event | None,
        event_id: object = None,
        *,
        source: str | None = None,
        time: datetime | None = None,
    ) -> None:
        """Put an event on a topic as its writer would; None is a tombstone."""
        value = (
            None
            if event is None
            else encode(
                event,
                id=str(event_id or uuid.uuid4()),
                source=source or topic.writers[0],
                subject=key,
                time=time or datetime.now(UTC),
            )
        )
        await self.publish_raw(topic, key, value)

    async def publish_raw(
        self, topic: Topic, key: str, value: bytes | None, headers: Sequence[tuple[str, bytes]] = ()
    ) -> None:
        """Put bytes on a topic."""
        if self.producer is None:
            self.producer = AIOKafkaProducer(bootstrap_servers=self.kafka.bootstrap, acks="all")
            await self.producer.start()
        await self.producer.send_and_wait(self.prefix + topic.name, value, key.encode(), headers=list(headers))

    async def read(self, topic: Topic, until: Until = 1, *, within: float = 60.0) -> list[Event]:
        """The events of a topic from its beginning, once there are so many, or once the predicate holds of them."""
        return [received.event for received in await self.received(topic, until, within=within)]

    async def received(self, topic: Topic, until: Until = 1, *, within: float = 60.0) -> list[Received]:
        """The same with their envelopes. Tombstones are left out."""
        events: list[Received] = []

        def enough(records: list[Raw]) -> bool:
            events[:] = [decode(record.value) for record in records if record.value is not None]
            return len(events) >= until if isinstance(until, int) else until(events)

        await self.raw(topic, enough, within=within)
        return events

    async def raw(
        self, topic: Topic, until: Callable[[list[Raw]], bool] | int = 0, *, within: float = 60.0
    ) -> list[Raw]:
        """The records of a topic as they lie there: at least up to its present end."""
        enough = (lambda records: len(records) >= until) if isinstance(until, int) else until
        records: list[Raw] = []
        consumer = AIOKafkaConsumer(bootstrap_servers=self.kafka.bootstrap, isolation_level="read_committed")
        await consumer.start()
        try:
            async with asyncio.timeout(patient(within)):
                await _read(consumer, self.prefix + topic.name, records, enough)
        except TimeoutError:
            found = f"{len(records)} records: {records}"
            raise AssertionError(f"{topic.name}: not within {patient(within)} s; {found}") from None
        finally:
            await consumer.stop()
        return records

    @asynccontextmanager
    async def running(
        self, build: Callable[[S], Application], settings: S, *, token: str | None = None
    ) -> AsyncIterator[httpx.AsyncClient]:
        """The service on a real port, consumers and tasks running; the client may do all unless a token is given."""
        async with build(settings).serving() as url:
            headers = {"Authorization": f"Bearer {token or self.token()}"}
            service = type(settings).__module__.partition(".")[0]
            async with http_client(service, url, headers=headers) as client:
                yield client


async def _read(consumer: AIOKafkaConsumer, name: str, records: list[Raw], enough: Callable[[list[Raw]], bool]) -> None:
    partitions = [TopicPartition(name, number) for number in range(PARTITIONS)]
    consumer.assign(partitions)
    for partition, offset in (await consumer.beginning_offsets(partitions)).items():
        consumer.seek(partition, offset)
    ends = await consumer.end_offsets(partitions)
    while True:
        positions = [await consumer.position(partition) >= ends[partition] for partition in partitions]
        if all(positions) and enough(records):
            return
        fetched = await consumer.getmany(timeout_ms=100)
        records += [_raw(record) for batch in fetched.values() for record in batch]


def _raw(record: Any) -> Raw:
    return Raw(record.topic, (record.key or b"").decode(), record.value, tuple(record.headers))


def _has_migrations(module: str) -> bool:
    return bool(re.fullmatch(r"access|members|segmenter|dispatch_sms|dispatch_email|ballot", module))
