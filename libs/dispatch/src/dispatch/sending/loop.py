"""The sender loop: tokens, claim, calls. Any number of replicas run it on one ledger."""

import asyncio
from contextlib import suppress

from chassis.errors import Unavailable
from chassis.failpoints import reach
from chassis.observability.logs import get
from chassis.wakeup import wait_for
from dispatch.brake.brake import Brake
from dispatch.pacing.pace import Pace, Taken
from dispatch.restore.recovery import RestoreRecovery
from dispatch.sending.calls import ProviderCalls
from dispatch.sending.claim import Claimer
from dispatch.settings import DispatchSettings
from dispatch.wakeups import Wakeups

log = get(__name__)
_IDLE = 0.25
_STOPPED = 1.0


class Sender:
    """A task; it is drained before it is cancelled."""

    name = "sender"

    def __init__(
        self,
        settings: DispatchSettings,
        claimer: Claimer,
        provider_calls: ProviderCalls,
        pace: Pace,
        brake: Brake,
        recovery: RestoreRecovery,
        wakeups: Wakeups,
    ) -> None:
        self._settings, self._claimer, self._provider_calls, self._pace = settings, claimer, provider_calls, pace
        self._brake, self._recovery, self._wakeups = brake, recovery, wakeups
        self._stopping = asyncio.Event()
        self._resting = asyncio.Event()
        self._resting.set()
        """No claim is under way."""
        self._cost = 1.0
        """What a message costs on average, so that a claim locks about as many rows as its units buy."""

    async def run(self) -> None:
        """Nothing is claimed until the projections have once been read."""
        await self._recovery.read.wait()
        while not self._stopping.is_set():
            self._resting.clear()
            woken = self._wakeups.due.next
            try:
                pause = await self._round()
            except Unavailable as error:
                log.warning("cannot claim now", error=str(error))
                pause = 1.0
            finally:
                self._resting.set()
            if pause:
                await wait_for(woken, pause)

    async def _round(self) -> float:
        """One window; how long to wait before the next."""
        settings, room = self._settings, self._provider_calls.room
        if room <= 0:
            await self._provider_calls.wait_for_room()
            return 0.0
        if not await self._brake.lets_claim():
            return _STOPPED
        if not await self._claimer.is_due():
            return _IDLE
        units = max(1, min(settings.claim_window, room, round(self._pace.allowed * settings.window_seconds)))
        if self._provider_calls.queued > 2 * units:
            await asyncio.sleep(settings.window_seconds / 5)
            return 0.0
        taken = await self._pace.take(units, ahead=settings.window_seconds)
        if isinstance(taken, float):
            await asyncio.sleep(min(taken, 1.0))
            return 0.0
        await self._fill(1 if taken.probe else units, taken)
        return 0.0

    async def _fill(self, units: int, taken: Taken) -> None:
        """Claim for the slots taken. Rows that are refused or wait use none, so claim again while the slots are fresh;
        a slot that passed unused is dropped."""
        start, apart = asyncio.get_running_loop().time() + taken.first, taken.apart
        end = start + units * apart
        while units > 0 and not self._stopping.is_set():
            most = max(1, min(self._settings.claim_window, int(units / self._cost) + 1))
            claimed = await self._claimer.claim(most, units)
            if claimed.calls:
                reach("sender.claimed")
            for call in claimed.calls:
                self._provider_calls.begin(call, start, apart, probe=taken.probe)
                start += 0.0 if call.suspect else call.cost * apart
            if claimed.used:
                self._cost += (claimed.used / len(claimed.calls) - self._cost) / 4
            units -= claimed.used
            if not claimed.seen or asyncio.get_running_loop().time() > end:
                break
        if units < 0:
            await self._pace.charge(-units)

    async def drain(self) -> None:
        """Stop claiming, then let the calls end; those of a claim that is just being committed too."""
        self._stopping.set()
        self._provider_calls.stop()
        self._wakeups.due.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._resting.wait(), self._settings.drain_seconds)
        await self._provider_calls.drain()
