"""Carries out disruptions, and restarts whatever has ended, as an orchestrator would."""

import asyncio
import math
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from local_stack.kafka import KafkaServer
from local_stack.postgres import PostgresServer
from local_stack.processes import Child, Failed
from local_stack.stack import Stack
from muster_chaos.disruption.schedule import SERVERS, Die, Disruption, Kill, Pause, Scale

_LOOK_SECONDS = 0.1
_WAIT_SECONDS = 12.0
"""How long a kill waits for its target to be at work, and to reach the failpoint it is armed for."""
_AT_WORK_SECONDS = 1.5
"""A process is at work so many seconds after it was ready: one that is killed earlier has nothing to lose yet."""
_SERVER_RESTART = timedelta(seconds=20)
"""How long a killed broker or database takes to answer again, on a busy machine."""


@dataclass
class Hits:
    """What was done, by process kind, and what ended by itself."""

    kills: Counter[str] = field(default_factory=Counter)
    pauses: Counter[str] = field(default_factory=Counter)
    scalings: int = 0
    fell: Counter[str] = field(default_factory=Counter)
    gave_up: Counter[str] = field(default_factory=Counter)
    """Ended at their start because the broker or the database was down: no fault of theirs."""
    moments: list[tuple[str, datetime]] = field(default_factory=list)
    """(process kind, when) of every kill and pause."""

    def note(self, kind: str, counted: Counter[str]) -> None:
        """One more."""
        counted[kind] += 1
        self.moments.append((kind, datetime.now(UTC)))


class Disruptor:
    """Disrupts one stack. `settings` are those that the stack reads when it starts a service."""

    def __init__(self, stack: Stack, settings: dict[str, dict[str, str]]) -> None:
        self._stack, self._settings, self.hits = stack, settings, Hits()
        self._armed: dict[str, str] = {}
        self._killed: set[int] = set()
        self._up = {child.pid: 0.0 for child in stack.children.values()}
        """When each process was ready, by the monotonic clock."""
        self._with_failpoint: set[int] = set()
        """Processes that are to die at a failpoint."""
        self._asked: set[int] = set()
        self._leaving: set[str] = set()
        self._disarmed = False
        self._launched: dict[int, datetime] = {}
        self._watching: set[asyncio.Task[None]] = set()
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def keep(self) -> None:
        """Endless: restart what has ended, and count why it ended."""
        while True:
            for name, child in list(self._stack.children.items()):
                here = self._stack.children.get(name) is child  # while another was started it may have been removed
                if here and not child.running:
                    self._count_end(kind_of(name), child.pid, child.returncode)
                    await self._start(name)
            await asyncio.sleep(_LOOK_SECONDS)

    def _count_end(self, kind: str, pid: int, code: int | None) -> None:
        had_failpoint = pid in self._with_failpoint
        self._with_failpoint.discard(pid)
        if pid in self._killed:
            return
        if had_failpoint and code == -signal.SIGKILL:
            self.hits.note(kind, self.hits.kills)  # at its failpoint
        elif pid in self._asked:
            return
        elif pid not in self._up and self._server_was_hit(pid):
            self.hits.gave_up[kind] += 1
        else:
            self.hits.fell[kind] += 1

    def _server_was_hit(self, pid: int) -> bool:
        since = self._launched[pid] - _SERVER_RESTART if pid in self._launched else None
        return since is not None and any(kind in SERVERS and at >= since for kind, at in self.hits.moments)

    async def _start(self, name: str) -> None:
        own = self._settings[kind_of(name)]
        failpoint = self._armed.pop(name, None)
        if failpoint:
            own["FAILPOINTS"] = failpoint
        await self._stack.launch(name)
        if own.pop("FAILPOINTS", None):
            self._with_failpoint.add(self._stack.children[name].pid)
        self._watch(name)
        if self._disarmed:
            await self._replace_those_with_failpoint()
        if name in self._leaving:  # it was removed while it was being started
            await self._remove(name)

    def _watch(self, name: str) -> None:
        child = self._stack.children[name]
        self._launched[child.pid] = datetime.now(UTC)
        task = asyncio.create_task(self._until_up(name, child))
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)

    async def _until_up(self, name: str, child: Child) -> None:
        with suppress(Failed):
            if self._stack.children.get(name) is child:
                await self._stack.ready(name)
                self._up[child.pid] = time.monotonic()

    async def _remove(self, name: str) -> None:
        """Stop it in order and do not restart it; one that is being started is stopped once it has been."""
        self._leaving.add(name)
        if name in self._stack.children:
            await self._stack.remove(name)

    async def carry_out(self, disruption: Disruption) -> None:
        """Carry out one. One that takes time runs beside the next ones, one at a time for each target."""
        match disruption:
            case Kill(target, draw):
                await self._kill(target, draw)
            case Die(target, failpoint, after):
                await self._at_work(target, 0.0)
                self._armed[target] = f"{failpoint}={after}"
                await self._kill(target, 0.0)
            case Pause(target, draw, seconds):
                await self._beside(target, self._pause(target, draw, seconds))
            case Scale(service, replicas):
                self.hits.scalings += 1
                await self._beside(f"replicas of {service}", self._scale(service, replicas))

    async def _kill(self, target: str, draw: float) -> None:
        if target in SERVERS:
            await self._beside(target, self._kill_server(target))
            return
        child = await self._at_work(target, draw)
        if child.running:
            self._killed.add(child.pid)
            child.send(signal.SIGKILL)
            self.hits.note(target, self.hits.kills)
            await child.wait()

    async def _at_work(self, target: str, draw: float) -> Child:
        """The selected replica, once it is at work and not about to die at a failpoint; after a while as it is."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while True:
            child = self._selected(target, draw)
            up = time.monotonic() - self._up.get(child.pid, math.inf) > _AT_WORK_SECONDS
            if (up and child.running and child.pid not in self._with_failpoint) or time.monotonic() > deadline:
                return child
            await asyncio.sleep(_LOOK_SECONDS)

    def _selected(self, target: str, draw: float) -> Child:
        replicas = self._stack.replicas(target)
        return self._stack.children[replicas[int(draw * len(replicas))]]

    async def _kill_server(self, target: str) -> None:
        self.hits.note(target, self.hits.kills)
        await self._server(target).kill()
        await self._server(target).start()

    @asynccontextmanager
    async def away(self, target: str) -> AsyncIterator[None]:
        """The broker or the database is killed, and started again at the end of the block; no kill of the run's."""
        if before := self._under_way.pop(target, None):
            await before
        self.hits.moments.append((target, datetime.now(UTC)))
        await self._server(target).kill()
        yield
        await self._server(target).start()

    def _server(self, target: str) -> KafkaServer | PostgresServer:
        return self._stack.kafka if target == "kafka" else self._stack.postgres

    async def _pause(self, target: str, draw: float, seconds: float) -> None:
        self.hits.note(target, self.hits.pauses)
        child = self._stack.kafka.child if target == "kafka" else self._selected(target, draw)
        child.send(signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            child.send(signal.SIGCONT)

    async def _scale(self, service: str, replicas: int) -> None:
        known = self._stack.replicas(service)
        wanted = [service, *(f"{service}-{number}" for number in range(2, replicas + 1))]
        for replica in wanted:
            if replica not in known:
                self._leaving.discard(replica)
                await self._stack.launch(replica)
                self._watch(replica)
        for replica in known:
            if replica not in wanted:
                await self._remove(replica)

    async def _beside(self, what: str, work: Coroutine[None, None, None]) -> None:
        before = self._under_way.get(what)
        if before is not None:
            await before
        self._under_way[what] = asyncio.create_task(work)

    async def disarm(self) -> None:
        """Wait for what is under way, and replace every process that would still die at a failpoint."""
        for task in self._under_way.values():
            await task
        self._under_way.clear()
        self._armed.clear()
        self._disarmed = True
        await self._replace_those_with_failpoint()

    async def _replace_those_with_failpoint(self) -> None:
        found = [child for child in self._stack.children.values() if child.pid in self._with_failpoint]
        self._asked |= {child.pid for child in found}
        await asyncio.gather(*(child.stop() for child in found))

    async def calm(self) -> None:
        """After `disarm`: back to one replica of each service, all of them ready. Raises Failed if one is not."""
        replicas = [name for name in self._stack.children if kind_of(name) != name]
        await asyncio.gather(*(self._remove(name) for name in replicas))
        await asyncio.gather(*(self.ready(name) for name in list(self._stack.children)))
        for task in list(self._watching):
            task.cancel()

    async def ready(self, name: str) -> None:
        """Until it is, though `keep` may still be about to start it. Raises Failed."""
        for _ in range(5):
            try:
                await self._stack.ready(name)
            except Failed:
                await asyncio.sleep(1)
            else:
                return
        await self._stack.ready(name)


def kind_of(name: str) -> str:
    """The service of a replica."""
    base, _, number = name.rpartition("-")
    return base if number.isdigit() else name
