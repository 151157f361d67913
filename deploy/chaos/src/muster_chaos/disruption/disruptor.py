"""Does the blows, and starts again whatever has ended, as an orchestrator would."""

import asyncio
import math
import signal
import time
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from local_stack.kafka import KafkaServer
from local_stack.postgres import PostgresServer
from local_stack.processes import Child, Failed
from local_stack.stack import Stack
from muster_chaos.disruption.schedule import SERVERS, Die, Disruption, Kill, Pause, Scale

_LOOK_SECONDS = 0.1
_RIPE_SECONDS = 12.0
"""How long a kill waits for its target to have work in hand: to be up, and to reach the failpoint it is armed for."""
_AT_WORK_SECONDS = 1.5
"""Since it was ready: what is killed as soon as it is up never has anything in hand to lose."""
_SERVER_IS_BACK = timedelta(seconds=20)
"""After which a broker or a database that was killed answers again, on a busy machine."""


@dataclass
class Hits:
    """What was done, by process kind, and what ended by itself though nobody had asked it to."""

    kills: Counter[str] = field(default_factory=Counter)
    pauses: Counter[str] = field(default_factory=Counter)
    scalings: int = 0
    fell: Counter[str] = field(default_factory=Counter)
    gave_up: Counter[str] = field(default_factory=Counter)
    """Ended while they started, because the broker or the database was down: not a fault of theirs."""
    moments: list[tuple[str, datetime]] = field(default_factory=list)
    """(process kind, when) of every kill and pause."""

    def note(self, kind: str, counted: Counter[str]) -> None:
        """One more."""
        counted[kind] += 1
        self.moments.append((kind, datetime.now(UTC)))


class Disruptor:
    """Hurts one stack. `settings` are those the stack reads when it starts a service."""

    def __init__(self, stack: Stack, settings: dict[str, dict[str, str]]) -> None:
        self._stack, self._settings, self.hits = stack, settings, Hits()
        self._armed: dict[str, str] = {}
        self._killed: set[int] = set()
        self._up = {child.pid: 0.0 for child in stack.children.values()}
        """Since when, by the monotonic clock."""
        self._charged: set[int] = set()
        self._asked: set[int] = set()
        self._leaving: set[str] = set()
        self._disarmed = False
        self._launched: dict[int, datetime] = {}
        self._watching: set[asyncio.Task[None]] = set()
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def keep(self) -> None:
        """Endless: start again what has ended, and count why it did."""
        while True:
            for name, child in list(self._stack.children.items()):
                here = self._stack.children.get(name) is child  # while another was started it may have been removed
                if here and not child.running:
                    self._count_end(kind_of(name), child.pid, child.returncode)
                    await self._start(name)
            await asyncio.sleep(_LOOK_SECONDS)

    def _count_end(self, kind: str, pid: int, code: int | None) -> None:
        charged = pid in self._charged
        self._charged.discard(pid)
        if pid in self._killed:
            return
        if charged and code == -signal.SIGKILL:
            self.hits.note(kind, self.hits.kills)  # at its failpoint
        elif pid in self._asked:
            return
        elif pid not in self._up and self._server_was_hit(pid):
            self.hits.gave_up[kind] += 1
        else:
            self.hits.fell[kind] += 1

    def _server_was_hit(self, pid: int) -> bool:
        since = self._launched[pid] - _SERVER_IS_BACK if pid in self._launched else None
        return since is not None and any(kind in SERVERS and at >= since for kind, at in self.hits.moments)

    async def _start(self, name: str) -> None:
        own = self._settings[kind_of(name)]
        failpoint = self._armed.pop(name, None)
        if failpoint:
            own["FAILPOINTS"] = failpoint
        await self._stack.launch(name)
        if own.pop("FAILPOINTS", None):
            self._charged.add(self._stack.children[name].pid)
        self._watch(name)
        if self._disarmed:
            await self._end_charged()
        if name in self._leaving:  # it was to go while it was started again
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
        """In order, and not to be started again; one that is being started goes once it has been."""
        self._leaving.add(name)
        if name in self._stack.children:
            await self._stack.remove(name)

    async def hit(self, blow: Disruption) -> None:
        """One blow. What takes its time goes on beside the next ones, one thing at a time for each target."""
        match blow:
            case Kill(target, draw):
                await self._kill(target, draw)
            case Die(target, failpoint, after):
                await self._ripe(target, 0.0)
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
        child = await self._ripe(target, draw)
        if child.running:
            self._killed.add(child.pid)
            child.send(signal.SIGKILL)
            self.hits.note(target, self.hits.kills)
            await child.wait()

    async def _ripe(self, target: str, draw: float) -> Child:
        """The replica drawn, once it is at work and will not die by itself; after some patience as it is."""
        patience = time.monotonic() + _RIPE_SECONDS
        while True:
            child = self._drawn(target, draw)
            up = time.monotonic() - self._up.get(child.pid, math.inf) > _AT_WORK_SECONDS
            if (up and child.running and child.pid not in self._charged) or time.monotonic() > patience:
                return child
            await asyncio.sleep(_LOOK_SECONDS)

    def _drawn(self, target: str, draw: float) -> Child:
        replicas = self._stack.replicas(target)
        return self._stack.children[replicas[int(draw * len(replicas))]]

    async def _kill_server(self, target: str) -> None:
        server: KafkaServer | PostgresServer = self._stack.kafka if target == "kafka" else self._stack.postgres
        self.hits.note(target, self.hits.kills)
        await server.kill()
        await server.start()

    async def _pause(self, target: str, draw: float, seconds: float) -> None:
        self.hits.note(target, self.hits.pauses)
        child = self._stack.kafka.child if target == "kafka" else self._drawn(target, draw)
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

    async def _beside(self, what: str, work: Coroutine[Any, Any, None]) -> None:
        before = self._under_way.get(what)
        if before is not None:
            await before
        self._under_way[what] = asyncio.create_task(work)

    async def disarm(self) -> None:
        """Nothing is under way, and no process is left that would still die at a failpoint."""
        for task in self._under_way.values():
            await task
        self._under_way.clear()
        self._armed.clear()
        self._disarmed = True
        await self._end_charged()

    async def _end_charged(self) -> None:
        charged = [child for child in self._stack.children.values() if child.pid in self._charged]
        self._asked |= {child.pid for child in charged}
        await asyncio.gather(*(child.stop() for child in charged))

    async def calm(self) -> None:
        """After `disarm`: nothing is paused, down or scaled any more; every service is ready. Raises Failed if one is
        not."""
        replicas = [name for name in self._stack.children if kind_of(name) != name]
        await asyncio.gather(*(self._remove(name) for name in replicas))
        await asyncio.gather(*(self._ready(name) for name in list(self._stack.children)))
        for task in list(self._watching):
            task.cancel()

    async def _ready(self, name: str) -> None:
        """The keeper may still be about to start it."""
        for _ in range(5):
            try:
                await self._stack.ready(name)
            except Failed:
                await asyncio.sleep(1)
            else:
                return
        await self._stack.ready(name)


def kind_of(name: str) -> str:
    """A replica's service."""
    base, _, number = name.rpartition("-")
    return base if number.isdigit() else name
