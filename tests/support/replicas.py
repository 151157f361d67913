"""Several processes of one service in a world, to be joined, asked to leave, and killed."""

import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from chassis.settings import ServiceSettings
from local_stack.ports import free_port
from local_stack.processes import Child, Command, tail
from pydantic import SecretStr

from tests.support.facts import eventually, has_joined


def environment(settings: ServiceSettings) -> dict[str, str]:
    """What a process would find in its environment to come to the same settings, on any free port."""
    values = settings.model_dump(exclude_defaults=True, exclude={"port", "metrics_port", "bounce_port"})
    plain = {key: value.get_secret_value() if isinstance(value, SecretStr) else value for key, value in values.items()}
    free = {"PORT": "0", "METRICS_PORT": "0", "PATH": "/usr/bin:/bin"}
    return {key.upper(): str(value) for key, value in plain.items()} | free


@dataclass
class Replicas:
    """Processes of one module. `settings` may differ from one start to the next."""

    module: str
    settings: Mapping[str, str]
    folder: Path
    children: list[Child] = field(default_factory=list)
    ports: dict[int, int] = field(default_factory=dict)
    started: int = 0

    async def scale(self, number: int) -> None:
        """So many, all of them ready and in their groups."""
        while len(self.children) < number:
            await self._start()
        for child in self.children:
            await self._ready(child)

    async def _start(self) -> None:
        self.started += 1
        name, port = f"{self.module}-{self.started}", free_port()
        own = {"PORT": str(port), "GROUP_INSTANCE": str(self.started)}
        argv = (sys.executable, "-m", self.module)
        child = await Child.start(Command(name, argv, self.folder / f"{name}.log", {**self.settings, **own}))
        self.children.append(child)
        self.ports[child.pid] = port

    async def _ready(self, child: Child) -> None:
        async with httpx.AsyncClient(timeout=5) as client:

            async def says_so() -> bool:
                assert child.running, tail(child.command.log)
                try:
                    answer = await client.get(f"http://127.0.0.1:{self.ports[child.pid]}/readyz")
                except httpx.HTTPError:
                    return False
                return has_joined(answer)

            await eventually(says_so, within=120, every=0.2)

    async def lose(self, what: signal.Signals) -> Child:
        """One of them gets a signal and is awaited."""
        child = self.children.pop(0)
        child.send(what)
        await child.wait()
        return child


@asynccontextmanager
async def replicas(module: str, settings: ServiceSettings, folder: Path) -> AsyncIterator[Replicas]:
    """None at first; none is left."""
    here = Replicas(module, environment(settings), folder)
    try:
        yield here
    finally:
        for child in here.children:
            child.send(signal.SIGKILL)
            await child.wait()
