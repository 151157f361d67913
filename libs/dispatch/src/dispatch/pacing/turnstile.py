"""The order in which the calls of one process start."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass

from dispatch.pacing.pace import Pace

_PATIENCE = 1.0
"""Seconds. A call that must wait longer for a new slot goes back to the ledger and waits there."""


@dataclass(slots=True, eq=False)
class _Turn:
    """One call in line."""

    start: float
    apart: float
    cost: int


class Turnstile:
    """Lets the calls of this process start one by one, each in its own slot or in a new one.

    A slot that is missed by more than `grace` seconds is lost: the rate row has given the time after it to others, so
    that late calls would exceed the limit. All calls in line then get new slots, by one draw from the row. In any
    second therefore no more start than the limit and what belongs to the slots of `grace` seconds before; at most
    `tolerance` seconds' worth start at once.

    Slots further than a second apart may be missed by more, up to a second before the next: there is still no second in
    which two start, and otherwise a slow database would cost a slow sender all its slots.
    """

    def __init__(self, pace: Pace, grace: float, tolerance: float = 0.05) -> None:
        self._pace, self._grace, self._tolerance = pace, grace, tolerance
        self._free, self._order, self._line = float("-inf"), asyncio.Lock(), deque[_Turn]()

    @property
    def queued(self) -> int:
        """Calls that wait for their turn."""
        return len(self._line)

    async def pass_through(self, start: float, apart: float, cost: int, last: float) -> float:
        """Wait for the slot that begins at `start` (the monotonic clock) and for the calls before; 0.0 once it has come
        or `last` has passed, else for how many seconds there is none. Raises Unavailable where a new slot is needed and
        the database does not answer."""
        turn = _Turn(start, apart, cost)
        self._line.append(turn)
        try:
            # Slots of several senders come in no order: who starts first stands in front.
            await asyncio.sleep(start - time.monotonic())
            async with self._order:
                pause = await self._on_time(turn, last)
                if not pause and (now := time.monotonic()) <= last:
                    # A late call delays the next, but by a second at most: slots that are further apart would all be
                    # missed for as long as the first was.
                    self._free = max(self._free, now - self._tolerance) + min(turn.cost * turn.apart, 1.0)
                return pause
        finally:
            self._line.remove(turn)

    async def _on_time(self, turn: _Turn, last: float) -> float:
        while True:
            delay = max(turn.start, self._free) - time.monotonic()
            if delay > 0:
                await asyncio.sleep(delay)
            now = time.monotonic()
            if now <= turn.start + max(self._grace, turn.cost * turn.apart - 1.0) or now > last:
                return 0.0
            if pause := await self._renew():
                if pause > _PATIENCE:
                    return pause
                await asyncio.sleep(pause)

    async def _renew(self) -> float:
        """New slots for the whole line, or the seconds until there are any."""
        line = tuple(self._line)
        taken = await self._pace.take(sum(turn.cost for turn in line), ahead=self._grace)
        if isinstance(taken, float):
            return taken
        if taken.probe:
            return taken.apart
        start, self._free = time.monotonic() + taken.first, float("-inf")
        for turn in line:
            turn.start, turn.apart = start, taken.apart
            start += turn.cost * taken.apart
        return 0.0
