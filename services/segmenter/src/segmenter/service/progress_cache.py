"""Progress figures kept for a few seconds, so that many who watch a campaign do not all have it counted."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from uuid import UUID

T = TypeVar("T")


@dataclass(slots=True)
class _Entry(Generic[T]):
    """What was counted last, in which state of the campaign, and until when it is given (the loop's time)."""

    counting: asyncio.Lock = field(default_factory=asyncio.Lock)
    state: object = None
    until: float = 0.0
    figures: T | None = None


class ProgressCache(Generic[T]):
    """The last figures of each id, for `max_age` seconds. One count at a time for an id: who comes meanwhile waits for
    it. This process's own; another replica counts for itself."""

    def __init__(self, max_age: float) -> None:
        self._max_age, self._entries = max_age, dict[UUID, _Entry[T]]()

    async def get(self, key: UUID, state: object, count: Callable[[], Awaitable[T]]) -> T:
        """The figures of `key`; counted anew when they are too old, or were counted in another state."""
        self._drop_old()
        entry, now = self._entries.setdefault(key, _Entry()), asyncio.get_running_loop().time
        async with entry.counting:
            figures = entry.figures
            if figures is None or entry.state != state or now() >= entry.until:
                entry.figures = figures = await count()
                entry.state, entry.until = state, now() + self._max_age
            return figures

    def _drop_old(self) -> None:
        now = asyncio.get_running_loop().time()
        for key in [key for key, entry in self._entries.items() if now >= entry.until and not entry.counting.locked()]:
            del self._entries[key]
