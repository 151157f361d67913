"""Wakes a task of this process at once; the tasks poll as well, so that a bell not heard costs only time."""

import asyncio
from contextlib import suppress


class Bell:
    """Rung by whoever made work, waited for by whoever does it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """There is work."""
        self._event.set()

    async def wait(self, longest: float) -> None:
        """Until it rings, but not longer; then it is silent again."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), longest)
        self._event.clear()


class Bells:
    """The two of a dispatcher: something is due, something is to be published."""

    def __init__(self) -> None:
        self.due, self.news = Bell(), Bell()
