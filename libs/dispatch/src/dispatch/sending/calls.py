"""Makes the claimed calls at the times of their slots, with no connection held, and hands on their outcomes."""

import asyncio
import time
from contextlib import suppress

from chassis.errors import Unavailable
from chassis.failpoints import reach
from chassis.observability.logs import get
from dispatch.brake.brake import Brake
from dispatch.observability.alarm import Alarm
from dispatch.observability.metrics import DispatchMetrics
from dispatch.pacing.control import Answer
from dispatch.pacing.pace import Pace
from dispatch.pacing.turnstile import Turnstile
from dispatch.provider import Accepted, InDoubt, NotSent, Outcome, Provider, Rejected
from dispatch.sending.claim import Call
from dispatch.sending.outcomes import Outcomes
from dispatch.sending.permits import SendPermits
from dispatch.settings import DispatchSettings

log = get(__name__)
_BUG_AGAIN = 60.0
"""Seconds."""


class ProviderCalls:
    """The open calls of one process."""

    def __init__(
        self,
        settings: DispatchSettings,
        provider: Provider,
        pace: Pace,
        permits: SendPermits,
        brake: Brake,
        outcomes: Outcomes,
        metrics: DispatchMetrics,
        alarm: Alarm,
    ) -> None:
        self._settings, self._provider, self._pace = settings, provider, pace
        self.permits, self._brake, self._outcomes = permits, brake, outcomes
        self._metrics, self._alarm = metrics, alarm
        self._open: set[asyncio.Task[None]] = set()
        self._turnstile = Turnstile(pace, settings.window_seconds)
        self._stopping = False

    @property
    def room(self) -> int:
        """How many more may be begun."""
        return self._settings.in_flight - len(self._open)

    async def wait_for_room(self) -> None:
        """Until one has ended, a second at most."""
        if self._open:
            await asyncio.wait(self._open, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)

    @property
    def queued(self) -> int:
        """Begun, but not made yet."""
        return self._turnstile.queued

    def begin(self, call: Call, start: float, apart: float, *, probe: bool = False) -> None:
        """Make the call at `start` (the monotonic clock, as the loop's is) and write its outcome; units of the rate are
        `apart` seconds apart."""
        task = asyncio.create_task(self.make(call, start, apart, probe=probe))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def make(self, call: Call, start: float, apart: float = 0.0, *, probe: bool = False) -> None:
        """The same, awaited. A slot that comes too late is not waited for: the deadline would pass meanwhile."""
        # A suspect is not called, so it needs no slot; without one it would go back to waiting, and be none any more.
        pause = 0.0 if call.suspect or start > call.last_start else await self._turn(call, start, apart)
        late = max(start, time.monotonic()) > call.last_start
        outcome = NotSent("no slot", retry_after=pause) if pause else await self._outcome(call, late, probe=probe)
        reach("sender.answered")
        self._metrics.outcomes(type(outcome).__name__).inc()
        await self._outcomes.put(call.message.delivery_id, call.message.gen, outcome)

    async def _turn(self, call: Call, start: float, apart: float) -> float:
        """0.0: now; else the seconds for which it is not."""
        try:
            return await self._turnstile.pass_through(start, apart, call.cost, call.last_start)
        except Unavailable:
            log.warning("no new slot can be had for a call that is late")
            return 1.0

    async def _outcome(self, call: Call, late: bool, *, probe: bool) -> Outcome:
        if call.suspect:
            return InDoubt("the ledger was restored: looked for before it is sent")
        if self._stopping:
            return NotSent("stopping", retry_after=0.0)
        if not await self._brake.lets_call(call.campaign_id):
            return NotSent("stopped", retry_after=1.0)
        if late or time.monotonic() > call.last_start:
            self._metrics.late.inc()
            return NotSent("too late to start", retry_after=0.0)
        if self._pace.breaker_open and not probe:
            return NotSent("the provider leaves everything in doubt", self._settings.probe_seconds)
        try:
            outcome = await self._call(call)
        except asyncio.CancelledError:
            return InDoubt("stopped before the answer")  # our own doing: it says nothing of the provider
        with suppress(asyncio.CancelledError):  # the outcome is written all the same
            await self._heed(call.sender, outcome)
        return outcome

    async def _call(self, call: Call) -> Outcome:
        message = call.message
        permit = self.permits.of(message.delivery_id, message.gen)
        try:
            async with asyncio.timeout(self._settings.call_timeout_seconds):
                return await self._provider.send(message, permit.ask)
        except TimeoutError:
            return InDoubt("no answer in time")
        except Exception as error:
            log.exception("a provider raised", delivery_id=str(message.delivery_id))
            why = f"bug: {type(error).__name__}"
            return (
                InDoubt(why) if permit.asked or not self._provider.asks_permit else NotSent(why, _BUG_AGAIN, alarm=True)
            )

    async def _heed(self, sender: str, outcome: Outcome) -> None:
        match outcome:
            case Accepted() | Rejected():
                await self._note(sender, Answer.TAKEN)
            case InDoubt():
                await self._note(sender, Answer.DOUBT)
            case NotSent(why, retry_after, lower_rate, pause, alarm, of_sender):
                if alarm:
                    self._alarm.raised("the provider takes nothing until this is mended", why)
                if lower_rate:
                    asked, rest = (retry_after, retry_after if alarm else 0.0) if pause is None else (0.0, pause)
                    await self._note(sender, Answer.REFUSED, asked, rest, everybody=alarm and not of_sender)

    async def _note(
        self, sender: str, answer: Answer, asked: float = 0.0, rest: float = 0.0, *, everybody: bool = False
    ) -> None:
        try:
            await self._pace.note(sender, answer, asked, rest, everybody=everybody)
        except Unavailable:
            log.warning("an answer could not be counted for the rate")

    def stop(self) -> None:
        """What has not begun goes back to waiting."""
        self._stopping = True

    async def drain(self) -> None:
        """Open calls may end; what is still open then is in doubt."""
        self.stop()
        if self._open:
            _, late = await asyncio.wait(self._open, timeout=self._settings.drain_seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=5.0)
