"""The sender loop: tokens, claim, calls. Any number of replicas run it on one ledger."""

import asyncio
import random
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from math import ceil

from chassis.errors import Unavailable
from chassis.failpoints import reach
from chassis.observability.logs import get
from chassis.wakeup import wait_for
from dispatch.brake.brake import Brake
from dispatch.pacing.pace import Pace, Slots
from dispatch.pacing.schedule import Want
from dispatch.restore.recovery import RestoreRecovery
from dispatch.sending.calls import ProviderCalls
from dispatch.sending.claim import Claimed, Claimer
from dispatch.sending.claim_sql import Share
from dispatch.sending.due_senders import DueSender, Turns
from dispatch.settings import DispatchSettings
from dispatch.wakeups import Wakeups

log = get(__name__)
_IDLE = 0.25
_STOPPED = 1.0
_SENDERS = 50
"""Most that take part in one draw."""


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
        self._turns, self._missed = Turns(), 0
        """How often in a row others had taken all units."""

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
        units = max(1, min(settings.claim_window, room, round(self._pace.allowed * settings.window_seconds)))
        due = await self._claimer.due_senders(units)
        if not due:
            return _IDLE
        if self._provider_calls.queued > 2 * units:
            await asyncio.sleep(settings.window_seconds / 5)
            return 0.0
        slots = await self._draw(due, units)
        if isinstance(slots, float):
            return slots
        await self._fill(slots)
        return 0.0

    async def _draw(self, due: Sequence[DueSender], units: int) -> Slots | float:
        """Slots for those whose turn it is; else how long to wait before the next round."""
        window = self._settings.window_seconds
        if (pause := due[0].all_free_in - window) > 0 and not self._pace.breaker_open:
            return await self._rest(pause)
        if not (free := [one for one in due if one.free_in <= window]):
            return min(_IDLE, max(0.005, min(one.free_in for one in due) - window))
        turn = self._turns.next(free, min(units, _SENDERS))
        wants = [Want(one.sender, ceil(one.rows * self._cost), one.campaign_id, one.urgent) for one in turn]
        slots = await self._pace.share(wants, units, ahead=window)
        if isinstance(slots, float):
            return await self._rest(slots)
        self._missed = 0
        self._turns.had(one for one in turn if one.sender in slots.starts)
        return slots

    async def _rest(self, pause: float) -> float:
        """There are no units for so long. A replica that finds this again waits longer each time, so that a hundred of
        them do not all ask for each window."""
        await asyncio.sleep(min(1.0, pause * 2**self._missed * random.uniform(0.8, 1.2)))  # noqa: S311 - no secret
        self._missed = min(self._missed + 1, 8)
        return 0.0

    async def _fill(self, slots: Slots) -> None:
        """Claim for the slots drawn. Rows that are refused or wait use none, so claim again while the slots are fresh;
        a slot that passed unused is dropped."""
        now = asyncio.get_running_loop().time()
        free = {sender: deque(now + start for start in starts) for sender, starts in slots.starts.items()}
        end = max(starts[-1] for starts in free.values()) + slots.apart
        over: Counter[str] = Counter()
        while free and not self._stopping.is_set():
            window, cost = self._settings.claim_window, self._cost
            shares = [Share(key, min(window, int(len(of) / cost) + 1), len(of)) for key, of in free.items()]
            claimed = await self._claimer.claim(shares)
            if claimed.calls:
                reach("sender.claimed")
            self._begin(claimed, slots, free, over)
            if not claimed.seen or asyncio.get_running_loop().time() > end:
                break
        for sender, units in (+over).items():
            await self._pace.charge(sender, units)

    def _begin(self, claimed: Claimed, slots: Slots, free: dict[str, deque[float]], over: Counter[str]) -> None:
        """Give each call its sender's next slots; what it needs beyond them is counted in `over`."""
        for call in claimed.calls:
            starts, needed = free[call.sender], 0 if call.suspect else call.cost
            start = starts[0] if starts else asyncio.get_running_loop().time()
            self._provider_calls.begin(call, start, slots.apart, probe=slots.probe)
            for _ in range(min(needed, len(starts))):
                starts.popleft()
                needed -= 1
            over[call.sender] += needed
        paid = [call.cost for call in claimed.calls if not call.suspect]
        if paid:
            self._cost += (sum(paid) / len(paid) - self._cost) / 4
        for sender in [sender for sender, starts in free.items() if not starts]:
            del free[sender]

    async def drain(self) -> None:
        """Stop claiming, then let the calls end; those of a claim that is just being committed too."""
        self._stopping.set()
        self._provider_calls.stop()
        self._wakeups.due.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._resting.wait(), self._settings.drain_seconds)
        await self._provider_calls.drain()
