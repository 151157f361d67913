"""Background steps, repeated for as long as a service runs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.db.database import Database
from chassis.db.leader import lead
from chassis.errors import Unavailable
from chassis.observability.logs import get
from chassis.tasks import cancelled
from chassis.wakeup import Wakeup, wait_for
from sqlalchemy.exc import DBAPIError

log = get(__name__)


@dataclass(slots=True)
class Periodic:
    """A background task that calls `step`, and calls it again at once while it returns True (there is more to do).

    Otherwise the next call comes after `every` seconds, or `gather` seconds after `wakeup` is set. With `leader` only
    the replica that holds an advisory lock in that database runs it: the lock `name`, or in an application one lock for
    all its led tasks (`led_as_one`). `resigned` is called when this replica stops running it, to take back gauges that
    another replica sets from now on. Unavailable is logged and tried again after `retry` seconds at most; any other
    error ends the process.
    """

    name: str
    step: Callable[[], Awaitable[object]]
    every: float
    wakeup: Wakeup | None = None
    gather: float = 0.0
    leader: Database | None = None
    retry: float = 1.0
    resigned: Callable[[], None] | None = None

    async def run(self) -> None:
        if self.leader is None:
            await self._repeat()
        else:
            await lead(self.leader, self.name, self.lead)

    async def lead(self) -> None:
        """Run it as the one replica that does. An error of the database is tried again, as an outage is."""
        try:
            while True:
                try:
                    await self._repeat()
                except DBAPIError as error:
                    log.error("background step failed", task=self.name, error=type(error.orig).__name__)
                    await asyncio.sleep(self.retry)
        finally:
            if self.resigned is not None:
                self.resigned()

    async def _repeat(self) -> None:
        while True:
            woken = self.wakeup.next if self.wakeup else asyncio.Event()
            try:
                more = await self.step() is True
            except Unavailable as error:
                log.warning("background step put off", task=self.name, error=str(error))
                await asyncio.sleep(min(self.retry, self.every))
                continue
            if not more:
                await wait_for(woken, self.every)
            await asyncio.sleep(0.0 if more else self.gather)


class _Led:
    """Led tasks as one: one lock and one connection for all of them, in one replica."""

    name = "led-tasks"

    def __init__(self, tasks: Sequence[Periodic], database: Database) -> None:
        self._tasks, self._database = tasks, database

    async def run(self) -> None:
        await lead(self._database, self.name, self._all)

    async def _all(self) -> None:
        running = [asyncio.ensure_future(task.lead()) for task in self._tasks]
        try:
            await asyncio.gather(*running)
        finally:
            await cancelled(running)


def led_as_one(tasks: Sequence[Any]) -> list[Any]:
    """The tasks of an application; in place of those that have a leader, which is one database, one that runs them."""
    led = [task for task in tasks if isinstance(task, Periodic) and task.leader is not None]
    rest = [task for task in tasks if not (isinstance(task, Periodic) and task.leader is not None)]
    return [*rest, *(_Led(led, database) for database in {task.leader for task in led} if database is not None)]
