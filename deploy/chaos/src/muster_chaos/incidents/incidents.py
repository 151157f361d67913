"""Carries out the incidents of a run by name."""

import asyncio
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

from local_stack.stack import Stack
from muster_chaos.disruption.disruptor import Disruptor
from muster_chaos.disruption.fault_injection import FaultInjection
from muster_chaos.incidents.plan import Incident
from muster_chaos.incidents.rebuilt_broker import RebuiltBroker
from muster_chaos.incidents.roll_changes import RollChanges
from muster_chaos.incidents.stops import UnionStops
from muster_chaos.time_scale import OUTAGE, PROVIDER_OUTAGE, RATE_RECOVERY, STOP_REACH
from muster_chaos.traffic.campaigns import Campaigns
from muster_chaos.traffic.events_and_replies import EventsAndReplies
from muster_demo.staff import until

_NOTHING_ACCEPTED = {"kind": "sms.5xx-before", "status": 503, "probability": 1.0}
_SENDING_WITHIN = 240.0
_STOPPED = STOP_REACH + 5.0
"""Seconds of a stop: long enough for a message that should not go to be seen."""


@dataclass
class Incidents:
    """No other disruption begins during one, but for the changes of the roll, which go on beside them."""

    stack: Stack
    disruptor: Disruptor
    faults: FaultInjection
    campaigns: Campaigns
    traffic: EventsAndReplies
    stops: UnionStops
    roll_changes: RollChanges
    seconds: dict[str, float] = field(default_factory=dict)
    """How long each took."""

    async def carry_out(self, incident: Incident, beside: asyncio.TaskGroup) -> None:
        """Return when it is over, or goes on `beside`."""
        match incident:
            case "database-outage":
                await self._timed(incident, self._database_outage())
            case "stop-in-outage":
                await self._timed(incident, self._stop_in_outage())
            case "provider-outage":
                await self._timed(incident, self._provider_outage())
            case "broker-rebuilt":
                await self._timed(incident, self._broker_rebuilt())
            case "erasures-and-import":
                beside.create_task(self._timed(incident, self.roll_changes.carry_out()))

    async def _timed(self, incident: Incident, work: Coroutine[None, None, None]) -> None:
        began = time.monotonic()
        await work
        self.seconds[incident] = round(time.monotonic() - began, 1)

    async def _database_outage(self) -> None:
        """Members answer and text STOP; every webhook is given up before the database is back."""
        numbers = await until(self.traffic.texted_last, bool, within=_SENDING_WITHIN, what="somebody texted")
        await self.disruptor.ready("sandbox")
        async with self.disruptor.away("postgres"):
            await asyncio.gather(asyncio.sleep(OUTAGE), self.traffic.text_in_outage(numbers))

    async def _stop_in_outage(self) -> None:
        """All sending is stopped while the broker is away, and let go on when it is back. In a stop no campaign can be
        launched."""
        await self._sending()
        async with self.campaigns.turn, AsyncExitStack() as lifted_later:
            async with self.disruptor.away("kafka"):
                await asyncio.sleep(1)
                confirmed_at = await lifted_later.enter_async_context(self.stops.stopped())
                await asyncio.sleep(OUTAGE)
            spent = (datetime.now(UTC) - confirmed_at).total_seconds()
            await asyncio.sleep(max(0.0, _STOPPED - spent))

    async def _provider_outage(self) -> None:
        """The carrier answers 503 to all of a campaign, after a while without faults in which the rate recovers."""
        async with self.faults.only():
            await asyncio.sleep(RATE_RECOVERY)
        await self._sending()
        async with self.campaigns.turn, self.faults.only(_NOTHING_ACCEPTED):
            await asyncio.sleep(PROVIDER_OUTAGE)

    async def _broker_rebuilt(self) -> None:
        async with self.roll_changes.turn, self.traffic.quiet():
            await self._sending()
            async with self.campaigns.turn, self.stops.stopped():
                await RebuiltBroker(self.stack, self.disruptor).replace()

    async def _sending(self) -> None:
        """Return when a campaign is under way whose requests are all published."""
        await self.campaigns.launch_if_idle()
        await until(self.campaigns.fanned_out, bool, within=_SENDING_WITHIN, what="fan-out done")
