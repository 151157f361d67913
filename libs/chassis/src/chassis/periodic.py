"""Background steps, repeated for as long as a service runs."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chassis.db.database import Database
from chassis.db.leader import lead
from chassis.errors import Unavailable
from chassis.observability.logs import get
from chassis.wakeup import Wakeup, wait_for

log = get(__name__)


@dataclass(slots=True)
class Periodic:
    """A background task that calls `step`, and calls it again at once while it returns True (there is more to do).

    Otherwise the next call comes after `every` seconds, or `gather` seconds after `wakeup` is set. With `leader` only
    the replica that holds the advisory lock `name` in that database runs it. Unavailable is logged and tried again
    after `retry` seconds at most; any other error ends the process.
    """

    name: str
    step: Callable[[], Awaitable[object]]
    every: float
    wakeup: Wakeup | None = None
    gather: float = 0.0
    leader: Database | None = None
    retry: float = 1.0

    async def run(self) -> None:
        if self.leader is None:
            await self._repeat()
        else:
            await lead(self.leader, self.name, self._repeat)

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
