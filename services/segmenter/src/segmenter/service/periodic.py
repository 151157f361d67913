"""Steps repeated for as long as the service runs."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from chassis.errors import Unavailable
from chassis.observability.logs import get

log = get(__name__)


class Wakeup:
    """Wakes the steps that wait for work in this process; other replicas find it when they look next."""

    def __init__(self) -> None:
        self.next = asyncio.Event()

    def wake(self) -> None:
        """There is work; call it after the commit that made it."""
        woken, self.next = self.next, asyncio.Event()
        woken.set()


class PeriodicTask:
    """A task: step again at once while there is work, else at a wake-up or after `every` seconds."""

    def __init__(self, name: str, step: Callable[[], Awaitable[bool]], every: float, wakeup: Wakeup) -> None:
        self.name, self._step, self._every, self._wakeup = name, step, every, wakeup

    async def run(self) -> None:
        """Endless; a part that is down is asked again later."""
        while True:
            woken = self._wakeup.next  # taken before the step looks, so that no wake-up falls between look and wait
            try:
                worked = await self._step()
            except Unavailable as error:
                log.warning("step put off", task=self.name, reason=str(error))
                await asyncio.sleep(1.0)
                continue
            if worked:
                await asyncio.sleep(0)
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), self._every)
