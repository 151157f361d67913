"""Wakes a background task of this process before its next poll; a lost wake-up costs only time."""

import asyncio
from contextlib import suppress


class Wakeup:
    """Set by the code that made work, awaited by the task that does it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        """There is work."""
        self._event.set()

    async def wait(self, longest: float) -> None:
        """Until it is set, at most `longest` seconds; then it is cleared."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), longest)
        self._event.clear()
