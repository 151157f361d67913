"""The sender loop: tokens, claim, calls, outcomes. Any number of replicas run it on one ledger."""

import asyncio
import time
from collections.abc import Sequence

from chassis.consuming import Hearing, until_caught_up
from chassis.errors import Unavailable
from chassis.logs import get

from dispatch.bells import Bells
from dispatch.claiming import Call, Claiming
from dispatch.metrics import Counts
from dispatch.outcomes import Outcomes
from dispatch.pacing import Pace
from dispatch.provider import InDoubt, NotSent, Outcome, Provider
from dispatch.settings import DispatchSettings

log = get(__name__)
_IDLE = 0.25
_FULL = 0.02


class Sender:
    """A task. `drain` stops claiming and lets open calls end."""

    name = "sender"

    def __init__(
        self,
        settings: DispatchSettings,
        provider: Provider,
        claiming: Claiming,
        pace: Pace,
        outcomes: Outcomes,
        *,
        after: Sequence[Hearing],
        bells: Bells,
        counts: Counts,
    ) -> None:
        self._settings, self._provider, self._claiming, self._pace = settings, provider, claiming, pace
        self._outcomes, self._after, self._bells, self._counts = outcomes, after, bells, counts
        self._open: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._cost = 1.0

    async def run(self) -> None:
        """Nothing is claimed until the projections have once caught up."""
        await until_caught_up(self._after)
        settled = False
        while not self._stopping.is_set():
            try:
                if not settled:
                    await self._pace.settle()
                    settled = True
                pause = await self._round()
            except Unavailable as error:
                log.warning("cannot claim now", error=str(error))
                pause = 1.0
            if pause:
                await self._bells.due.wait(pause)

    async def _round(self) -> float:
        """One window; how long to wait before the next."""
        settings = self._settings
        room = settings.in_flight - len(self._open)
        if room <= 0:
            await asyncio.wait(self._open, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
            return 0.0
        if not await self._claiming.is_due():
            return _IDLE
        units = max(1, min(settings.claim_window, room, round(self._pace.allowed * settings.window_seconds)))
        taken = await self._pace.take(units, ahead=settings.window_seconds)
        if isinstance(taken, float):
            await asyncio.sleep(min(taken, 1.0))
            return 0.0
        await self._fill(units, asyncio.get_running_loop().time() + taken.first, taken.apart)
        return 0.0

    async def _fill(self, units: int, first: float, apart: float) -> None:
        """Claim for the slots taken. Rows that are refused or wait use none, so claim again while the slots are fresh;
        a slot that passed unused is dropped."""
        loop = asyncio.get_running_loop()
        start, end = first, first + units * apart
        while units > 0 and not self._stopping.is_set():
            claimed = await self._claiming.claim(
                max(1, min(self._settings.claim_window, int(units / self._cost) + 1)), units
            )
            for call in claimed.calls:
                self._begin(call, start)
                start += call.cost * apart
            self._learn(claimed.used, len(claimed.calls))
            units -= claimed.used
            if not claimed.seen or loop.time() > end:
                break
        if units < 0:
            await self._pace.charge(-units)

    def _learn(self, used: int, calls: int) -> None:
        if calls:
            self._cost += (used / calls - self._cost) / 4

    def _begin(self, call: Call, start: float) -> None:
        task = asyncio.create_task(self._make(call, start))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _make(self, call: Call, start: float) -> None:
        delay = start - asyncio.get_running_loop().time()
        if delay > 0:
            await asyncio.sleep(delay)
        outcome = await self._outcome(call)
        self._counts.outcome(type(outcome).__name__)
        if isinstance(outcome, NotSent) and outcome.lower_rate:
            await self._lower(outcome.retry_after)
        await self._outcomes.put(call.message.delivery_id, call.message.gen, outcome)

    async def _outcome(self, call: Call) -> Outcome:
        if self._stopping.is_set():
            return NotSent("stopping", retry_after=0.0)
        if time.monotonic() > call.last_start:
            self._counts.late.inc()
            return NotSent("too late to start", retry_after=0.0)
        try:
            async with asyncio.timeout(self._settings.call_timeout_seconds):
                return await self._provider.send(call.message)
        except TimeoutError:
            return InDoubt("no answer in time")
        except asyncio.CancelledError:
            return InDoubt("stopped before the answer")
        except Exception as error:
            log.exception("a provider raised", delivery_id=str(call.message.delivery_id))
            return InDoubt(f"bug: {type(error).__name__}")

    async def _lower(self, pause: float) -> None:
        try:
            if await self._pace.lower(pause):
                self._counts.lowered.inc()
        except Unavailable:
            log.warning("the rate could not be lowered")

    async def drain(self) -> None:
        """Stop claiming; wait for open calls; what is still open then is written in doubt."""
        self._stopping.set()
        self._bells.due.ring()
        if self._open:
            _, late = await asyncio.wait(self._open, timeout=self._settings.drain_seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=5.0)
