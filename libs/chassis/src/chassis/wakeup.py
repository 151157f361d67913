"""Wakes background tasks of this process before their next poll; a lost wake-up costs only time."""

import asyncio
from contextlib import suppress


class Wakeup:
    """Set by the code that made work, awaited by every task that does it."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    @property
    def next(self) -> asyncio.Event:
        """The event of the next `set`. Take it before looking for work: none is then missed between look and wait."""
        return self._next

    def set(self) -> None:
        """There is work; call it after the commit that made it."""
        woken, self._next = self._next, asyncio.Event()
        woken.set()


async def wait_for(event: asyncio.Event, longest: float) -> None:
    """Until the event is set, at most `longest` seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(longest):  # wait_for of Python 3.11 can lose a cancellation
            await event.wait()
