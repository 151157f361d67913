"""The running service, and the parts of it that tests use."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import httpx
from chassis.app import Application
from chassis.clock import Clock
from chassis.periodic import Periodic
from members.settings import Settings


@dataclass
class Running:
    """The service over HTTP, with its parts."""

    http: httpx.AsyncClient
    application: Application
    clock: Clock
    settings: Settings

    async def run_task(self, name: str) -> None:
        """Run a periodic task once, now."""
        await next(task.step for task in self.application.tasks if isinstance(task, Periodic) and task.name == name)()

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection of the test's own to the service's database."""
        connection = await asyncpg.connect(self.settings.database_url.replace("+asyncpg", ""))
        try:
            yield connection
        finally:
            await connection.close()
