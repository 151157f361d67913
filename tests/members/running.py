"""The service as its tests see it."""

from dataclasses import dataclass

import httpx
from chassis.app import Application
from chassis.clock import Clock
from members.service.upkeep import Every
from members.settings import Settings


@dataclass
class Running:
    """The service and what a test may want to reach of it."""

    http: httpx.AsyncClient
    application: Application
    clock: Clock
    settings: Settings

    async def upkeep(self, name: str) -> None:
        """Do now what a task of this name does every hour."""
        await next(task.action for task in self.application.tasks if isinstance(task, Every) and task.name == name)()
