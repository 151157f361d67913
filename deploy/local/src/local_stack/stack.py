"""The whole stack: started, killed in parts, scaled, and stopped leaving no process behind."""

import asyncio
import fcntl
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

import httpx
from chassis.db.migrations import upgrade_async
from chassis.http.health import NOT_YET
from local_stack import secrets
from local_stack.kafka import KafkaServer, fetch_jars
from local_stack.ports import free_port
from local_stack.postgres import PostgresServer
from local_stack.processes import Child, Command, Failed, tail
from local_stack.services import (
    BOUNCE_PORT,
    BY_NAME,
    SERVICES,
    SMTP_PORT,
    Addresses,
    RunningClock,
    Service,
    environment,
)

READY_SECONDS = 180.0
"""A busy machine starts seven services in twenty seconds, and may itself stand still for a while."""
Say = Callable[[str], None]


class Stack:
    """Kafka, PostgreSQL and every service, with data, logs and secrets under `root`."""

    def __init__(
        self,
        root: Path,
        jars: Path,
        *,
        clock_start: datetime | None = None,
        settings: Mapping[str, Mapping[str, str]] | None = None,
        log_format: str = "json",
        usual_ports: bool = False,
        say: Say = lambda _: None,
    ) -> None:
        """`jars` is the folder that keeps Kafka's; `settings` adds environment names by service ("" is for all);
        `usual_ports` takes the well-known ones where they are free, else any."""
        self.root, self._jars, self._settings, self._log_format, self._say = root, jars, settings or {}, log_format, say
        self.logs, self.journal = root / "logs", root / "journal"
        self.clock, self._usual_ports = RunningClock(clock_start), usual_ports
        self.secrets: dict[str, str] = {}
        self.children: dict[str, Child] = {}
        self._ports: dict[str, int] = {}
        self._expected: set[int] = set()
        self.gone_values: dict[str, list[bytes]] = {}
        """By topic, what was kept of a broker before it was replaced by an empty one."""
        self.addresses = Addresses(root, "", {}, {})

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Stack"]:
        """Start everything; stop everything at the end of the block, also after an error."""
        self.root.mkdir(parents=True, exist_ok=True)
        with exclusive(self.root):
            self.secrets = secrets.load_or_create(self.root / "secrets.json")
            self.kafka = KafkaServer(self.root / "kafka", await fetch_jars(self._jars), self.logs / "kafka.log")
            password = self.secrets["POSTGRES_PASSWORD"]
            self.postgres = PostgresServer(self.root / "postgres", password, self.logs / "postgres.log")
            try:
                await self._start()
                yield self
            finally:
                await self._stop()

    async def _start(self) -> None:
        self._say("starting Apache Kafka and PostgreSQL")
        async with asyncio.TaskGroup() as group:
            group.create_task(self.kafka.start())
            group.create_task(self.postgres.start())
        wanted = {**{service.name: service.port for service in SERVICES}, "smtp": SMTP_PORT, "bounce": BOUNCE_PORT}
        self._ports = {name: free_port(port if self._usual_ports else 0) for name, port in wanted.items()}
        self._say("creating topics, databases and tables")
        await self.kafka.create_topics()
        databases = {s.name: await self.postgres.database(s.module) for s in SERVICES if s.database}
        self.addresses = Addresses(self.root.absolute(), self.kafka.bootstrap, self._ports, databases)
        for name, url in databases.items():
            await upgrade_async(BY_NAME[name].module, url)
        self._say("starting the services")
        for service in SERVICES:
            await self.launch(service.name)
        await asyncio.gather(*(self.ready(service.name) for service in SERVICES))

    async def _stop(self) -> None:
        await asyncio.gather(*(self._end(child) for child in self.children.values()))
        await asyncio.gather(self.kafka.stop(), self.postgres.stop())

    async def _end(self, child: Child) -> None:
        self._expected.add(child.pid)
        await child.stop()

    def url(self, name: str) -> str:
        """Base address of a service, or of one replica such as `dispatch-sms-2`."""
        return self.addresses.url(name)

    async def launch(self, name: str) -> None:
        """Start a service, or one replica of it, without waiting until it is ready."""
        if name not in self._ports:
            self._ports[name] = free_port()
        service, slot = _split(name)
        argv = (sys.executable, *service.arguments)
        command = Command(name, argv, self.logs / f"{name}.log", self.environment(name), directory=self.root)
        self.children[name] = await Child.start(command)
        self._say(f"{name} started as process {self.children[name].pid} (slot {slot})")

    def environment(self, name: str) -> dict[str, str]:
        """The whole environment of a service, or of one replica of it."""
        service, slot = _split(name)
        return {
            **{key: os.environ[key] for key in ("PATH", "LANG", "TMPDIR", "HOME") if key in os.environ},
            **environment(service, self.addresses, self.secrets, self._log_format),
            **self.clock.environment(),
            **self._settings.get("", {}),
            **self._settings.get(service.service, {}),
            **self._settings.get(service.name, {}),
            **({} if service.name == "sandbox" else {"GROUP_INSTANCE": str(slot)}),
            **({"PORT": str(self._ports[name]), "BOUNCE_PORT": "0"} if slot else {}),
        }

    async def ready(self, name: str, within: float = READY_SECONDS) -> None:
        """Return once it is ready. Raises Failed with its last lines if it ends or takes too long."""
        child, deadline = self.children[name], time.monotonic() + within
        async with httpx.AsyncClient(timeout=5) as client:
            while time.monotonic() < deadline:
                if not child.running:
                    raise Failed(f"{name} ended with {child.returncode}:\n{tail(child.command.log)}")
                if await _is_ready(client, f"{self.url(name)}/readyz"):
                    return
                await asyncio.sleep(0.1)
        raise Failed(f"{name} is not ready after {within:.0f} s:\n{tail(child.command.log)}")

    async def kill(self, name: str, what: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a service and, unless it is one that only pauses, wait until it has ended."""
        child = self.children[name]
        if what in (signal.SIGSTOP, signal.SIGCONT):
            child.send(what)
            return
        self._expected.add(child.pid)
        child.send(what)
        await child.wait()

    async def restart(self, name: str) -> None:
        """Start a service again, stopping it first if it runs, and wait until it is ready."""
        await self._end(self.children[name])
        await self.launch(name)
        await self.ready(name)

    async def scale(self, name: str, replicas: int) -> None:
        """Run so many replicas of a service: `name`, `name-2`, …; those beyond are stopped."""
        wanted = [name, *(f"{name}-{number}" for number in range(2, replicas + 1))]
        for replica in self.replicas(name):
            if replica not in wanted:
                await self.remove(replica)
        for replica in wanted:
            if replica not in self.children:
                await self.launch(replica)
        await asyncio.gather(*(self.ready(replica) for replica in wanted))

    def replicas(self, name: str) -> list[str]:
        """The replicas of a service, whether or not they run at this moment."""
        return [known for known in self.children if _split(known)[0].name == name]

    async def remove(self, replica: str) -> None:
        """Stop it in order; it is not restarted."""
        await self._end(self.children.pop(replica))

    def crashed(self) -> list[str]:
        """Services that ended by themselves."""
        return [n for n, child in self.children.items() if not child.running and child.pid not in self._expected]


def _split(name: str) -> tuple[Service, int]:
    """A replica's service and its slot, counted from 0."""
    if name in BY_NAME:
        return BY_NAME[name], 0
    base, _, number = name.rpartition("-")
    return BY_NAME[base], int(number) - 1


async def _is_ready(client: httpx.AsyncClient, url: str) -> bool:
    """Takes requests, and its consumers have joined their groups."""
    try:
        answer = await client.get(url)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200 and NOT_YET not in answer.json().get("parts", {}).values()


@contextmanager
def exclusive(root: Path) -> Iterator[IO[str]]:
    """Hold the folder's lock: two stacks on the same data would corrupt it."""
    with (root / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed(f"another stack is running in {root}") from None
        yield lock
