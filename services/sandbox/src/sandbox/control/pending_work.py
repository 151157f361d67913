"""What is still under way, so that a test can wait until nothing is."""

import asyncio
from collections import Counter
from typing import Literal, get_args

WorkKind = Literal["receipts", "callbacks", "inbound", "bounces"]


class PendingWork:
    """Counts of work under way, by kind."""

    def __init__(self) -> None:
        self._counts: Counter[WorkKind] = Counter()
        self._idle = asyncio.Event()
        self._idle.set()

    def begin(self, kind: WorkKind) -> None:
        """One more is under way."""
        self._counts[kind] += 1
        self._idle.clear()

    def end(self, kind: WorkKind) -> None:
        """One has ended."""
        self._counts[kind] -= 1
        if not any(self._counts.values()):
            self._idle.set()

    def by_kind(self) -> dict[WorkKind, int]:
        """The count of every kind, zero included."""
        return {kind: self._counts[kind] for kind in get_args(WorkKind)}

    async def settled(self, timeout: float) -> bool:
        """Wait until nothing is under way; False if that took longer than `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                while any(self._counts.values()):
                    await self._idle.wait()
        except TimeoutError:
            return False
        return True
