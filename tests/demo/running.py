"""`make demo`'s command on a small roll, and everything that can be looked at afterwards."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer
from contracts.topics import ALL, Topic
from local_stack.kafka import KafkaServer, fetch_jars
from local_stack.postgres import PostgresServer
from local_stack.processes import Child, Command
from local_stack.secrets import load_or_create
from local_stack.services import SERVICES, Addresses
from local_stack.stack import Stack
from muster_demo import evidence
from muster_demo.evidence import Record
from muster_demo.judge import Evidence

_JARS = Path(__file__).parent.parent.parent / ".muster" / "kafka"
_MEMBERS = "SELECT member_id FROM members"


@dataclass(frozen=True)
class Ran:
    """What came of one run of the command."""

    code: int
    said: str
    figures: dict[str, Any]
    left: list[str]
    """Command lines of processes of it that are still there."""


@dataclass(frozen=True)
class DeadLetter:
    """A row of a service's dead letters; about nobody: no erasure deletes it, and it is kept for 14 days."""

    service: str
    reason: str
    record: Record
    about_nobody: bool


@dataclass(frozen=True)
class Remains:
    """What a demo left to be looked at."""

    ran: Ran
    evidence: Evidence
    id_secret: bytes
    member_ids: frozenset[str]
    topics: dict[Topic, list[Record]]
    letters: list[DeadLetter]
    logs: dict[str, str]
    seen_by_a_plain_client: int


class Home:
    """A folder as a newcomer's clone: Kafka's jars are there already."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / ".muster" / "demo"
        self.root.parent.mkdir()
        (self.root.parent / "kafka").symlink_to(_JARS)

    async def demo(self, members: int, meanwhile: Callable[[], Coroutine[Any, Any, None]] | None = None) -> Ran:
        """Run it to its end, while something else happens."""
        log = self.folder / f"{members}.log"
        environment = {**os.environ, "MUSTER_DEMO_MEMBERS": str(members), "COLUMNS": "120"}
        argv = (sys.executable, "-m", "muster_demo")
        child = await Child.start(Command("demo", argv, log, environment, directory=self.folder))
        try:
            async with asyncio.timeout(900):
                if meanwhile:
                    await _beside(child, meanwhile())
                code = await child.wait()
        finally:
            await child.stop()
        figures = orjson.loads((self.root.parent / "demo.json").read_bytes())
        return Ran(code, log.read_text(), figures, _of_folder(self.folder))

    async def remains(self, ran: Ran) -> Remains:
        """Read what it left: the services stay down, Kafka and PostgreSQL come up on its data once more."""
        logs = {path.name: path.read_text(errors="replace") for path in (self.root / "logs").iterdir()}
        async with self._servers() as stack:
            return Remains(
                ran=ran,
                evidence=await evidence.gather(stack),
                id_secret=stack.secrets["ID_SECRET"].encode(),
                member_ids=frozenset(str(row[0]) for row in await evidence.rows(stack, "members", _MEMBERS)),
                letters=[letter for one in SERVICES if one.database for letter in await _letters(stack, one.name)],
                topics={topic: await evidence.records(stack, topic) for topic in ALL},
                logs=logs,
                seen_by_a_plain_client=await _plain_client(stack),
            )

    @asynccontextmanager
    async def _servers(self) -> AsyncIterator[Stack]:
        stack = Stack(self.root, _JARS)
        stack.secrets = load_or_create(self.root / "secrets.json")
        log = self.folder / "servers.log"
        stack.kafka = KafkaServer(self.root / "kafka", await fetch_jars(_JARS), log)
        stack.postgres = PostgresServer(self.root / "postgres", stack.secrets["POSTGRES_PASSWORD"], log)
        try:
            await asyncio.gather(stack.kafka.start(), stack.postgres.start())
            databases = {one.name: await stack.postgres.database(one.module) for one in SERVICES if one.database}
            stack.addresses = Addresses(self.root, stack.kafka.bootstrap, {}, databases)
            yield stack
        finally:
            await asyncio.gather(stack.kafka.stop(), stack.postgres.stop())


async def _letters(stack: Stack, service: str) -> list[DeadLetter]:
    return [
        DeadLetter(
            service=service,
            reason=row["reason"],
            record=Record(row["key"] or b"", row["value"], _pairs(row["headers"])),
            about_nobody=not row["subjects"] and row["expires_at"] - row["written_at"] > timedelta(hours=72),
        )
        for row in await evidence.rows(stack, service, "SELECT * FROM dead_letters")
    ]


def _pairs(headers: Sequence[bytes]) -> tuple[tuple[str, bytes], ...]:
    return tuple((name.decode(), value) for name, value in zip(headers[::2], headers[1::2], strict=True))


async def _beside(child: Child, meanwhile: Coroutine[Any, Any, None]) -> None:
    """Do it, for as long as the command runs."""
    doing, ended = asyncio.ensure_future(meanwhile), asyncio.ensure_future(child.wait())
    try:
        await asyncio.wait((doing, ended), return_when=asyncio.FIRST_COMPLETED)
        assert doing.done(), f"ended with {child.returncode} before its time"
        await doing
    finally:
        for task in (doing, ended):
            task.cancel()


async def _plain_client(stack: Stack) -> int:
    """How many records a client that knows nothing of Muster reads from `deliveries`."""
    consumer = AIOKafkaConsumer("deliveries", bootstrap_servers=stack.kafka.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        batch = await consumer.getmany(timeout_ms=10_000)
    finally:
        await consumer.stop()
    return sum(len(records) for records in batch.values())


def _of_folder(folder: Path) -> list[str]:
    """Processes that work in this folder or name it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(folder) in line or (process / "cwd").readlink().is_relative_to(folder):
                found.append(line)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found
