"""Steps repeated for as long as the service runs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from chassis.consuming import Hearing, until_caught_up
from chassis.errors import Unavailable
from chassis.logs import get

log = get(__name__)


class Repeated:
    """A task: step again at once while there is work, else after `every` seconds.

    `after` are hearings that must have caught up once before the first step.
    """

    def __init__(
        self, name: str, step: Callable[[], Awaitable[bool]], every: float, after: Sequence[Hearing] = ()
    ) -> None:
        self.name, self._step, self._every, self._after = name, step, every, after

    async def run(self) -> None:
        """Endless; a part that is down is asked again later."""
        await until_caught_up(self._after)
        while True:
            try:
                worked = await self._step()
            except Unavailable as error:
                log.warning("step put off", task=self.name, reason=str(error))
                await asyncio.sleep(1.0)
                continue
            await asyncio.sleep(0 if worked else self._every)
