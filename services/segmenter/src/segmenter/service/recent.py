"""Answers given again for a few seconds, so that many who watch a campaign do not all have it counted."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(slots=True)
class _Kept:
    """What was counted last, of which state of things, and until when it is given again (the loop's time)."""

    counting: asyncio.Lock = field(default_factory=asyncio.Lock)
    since: object = None
    until: float = 0.0
    answer: Any = None


class Recent:
    """The last answer about each id, for `seconds`. One is counted at a time for an id: who comes meanwhile waits for
    it. This process's own; another replica counts for itself."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._kept = seconds, dict[UUID, _Kept]()

    async def of(self, key: UUID, since: object, count: Callable[[], Awaitable[Any]]) -> Any:
        """The answer about `key`; counted anew when it is too old, or was of other things than `since`."""
        self._forget()
        kept, now = self._kept.setdefault(key, _Kept()), asyncio.get_running_loop().time
        async with kept.counting:
            if kept.since != since or now() >= kept.until:
                kept.answer = await count()
                kept.since, kept.until = since, now() + self._seconds
            return kept.answer

    def _forget(self) -> None:
        now = asyncio.get_running_loop().time()
        for key in [key for key, kept in self._kept.items() if now >= kept.until and not kept.counting.locked()]:
            del self._kept[key]
