"""Rate tokens of one row, for the sender or for the reconciler."""

import asyncio
import time

from chassis.database import Database
from dispatch.repository import rates
from dispatch.repository.rates import Taken


class Pace:
    """The shared rate of one (provider, sender). All replicas draw from the same row."""

    def __init__(self, database: Database, provider: str, sender: str, allowed: float) -> None:
        self._database, self._key, self.allowed = database, (provider, sender), allowed
        self._settled = False

    async def take(self, units: int, *, ahead: float = 0.0) -> Taken | float:
        """Units with the times of their starts; or seconds to wait until there are any."""
        async with self._database.transaction() as session:
            if not self._settled:
                await rates.settle(session, *self._key, self.allowed)
            taken = await rates.take(session, *self._key, units, ahead)
            pause = 0.0 if taken else await rates.busy_for(session, *self._key) - ahead
        self._settled = True
        return taken or max(0.005, pause)

    async def charge(self, units: int) -> None:
        """Used beyond what was taken."""
        async with self._database.transaction() as session:
            await rates.charge(session, *self._key, units)

    async def lower(self, pause: float) -> bool:
        """The provider says that we are too fast. False: somebody has just said so."""
        async with self._database.transaction() as session:
            return await rates.lower(session, *self._key, pause) is not None


class Turnstile:
    """Lets the calls of this process start one by one: what a stall delayed is not made up for by a burst.

    At most `tolerance` seconds' worth may start at once.
    """

    def __init__(self, tolerance: float = 0.05) -> None:
        self._tolerance, self._free, self._turn = tolerance, float("-inf"), asyncio.Lock()
        self.queued = 0
        """Calls that wait for their turn."""

    async def pass_through(self, start: float, span: float) -> None:
        """Wait for the slot that begins at `start` (the monotonic clock) and for those before; it takes `span`."""
        self.queued += 1
        try:
            async with self._turn:
                delay = max(start, self._free) - time.monotonic()
                if delay > 0:
                    await asyncio.sleep(delay)
                self._free = max(self._free, time.monotonic() - self._tolerance) + span
        finally:
            self.queued -= 1
