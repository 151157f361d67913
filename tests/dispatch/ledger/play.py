"""A ledger, a carrier and the time between them, all of which a state machine may turn as it likes.

The rows are moved by the dispatcher's own code on a real database. Time is the database's: to wait is to move every
moment it has noted into the past.
"""

import time
import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis.errors import Unavailable
from contracts import topics
from contracts.events.members import MemberErased
from dispatch.app import Dispatch
from dispatch.inbound.inbound import InboundText
from dispatch.operations.operations import Decision
from dispatch.provider import InDoubt
from dispatch.sending.claim import Call

from tests.dispatch.events import NOON, OURS, campaign, member
from tests.dispatch.house import House
from tests.dispatch.ledger.unruly import D, Doing, Fate, Killed, L, P, Q, Request, T, UnrulyProvider, V, Wire, nothing

GAP = 60.0
USUAL: dict[str, Any] = {
    "expires_at": NOON + timedelta(days=90),
    "passes_quiet_hours": True,
    "quiet_hours_reason": "a trial",
}
"""Of every campaign here."""
SPANS: dict[str, Any] = {
    "deadline_seconds": D,
    "call_timeout_seconds": T,
    "pause_seconds": P,
    "late_accept_seconds": L,
    "list_lag_seconds": V,
    "doubt_seconds": Q,
    "look_gap_seconds": GAP,
    "looks_per_second": 1000.0,
    "status_after_seconds": (900.0, 3600.0, 7200.0),
}
_EMPTIED = ("deliveries", "attempts", "served", "contacts", "suppressions", "campaigns", "outbox")
_LATER = (
    "UPDATE deliveries SET deadline = deadline - {by}, look_at = look_at - {by}, poll_at = poll_at - {by}",
    "UPDATE attempts SET t_send = t_send - {by}, deadline = deadline - {by}",
)
_EVIDENCE = """
SELECT d.delivery_id, d.state, d.rev, d.reference, a.gen, a.reference AS bound, a.outcome
FROM deliveries d JOIN attempts a USING (delivery_id) ORDER BY d.delivery_id, a.gen
"""
_RIPE_IN = """
SELECT extract(epoch FROM min(deadline) - clock_timestamp()) AS seconds FROM deliveries
WHERE state IN ('sending', 'in_doubt')
"""


@dataclass(slots=True)
class Work:
    """What a process holds in memory of one claim."""

    call: Call
    request: Request | None = None


class Trial:
    """Everything a rule may do."""

    def __init__(self, house: House) -> None:
        self.house, self._passed, self._began = house, 0.0, time.monotonic()

    def now(self) -> float:
        """Seconds of the trial."""
        return self._passed + time.monotonic() - self._began

    async def begin(self) -> None:
        """Two campaigns with the same words, four members at three numbers."""
        house = self.house
        for table in _EMPTIED:
            await house.rows_changed(f"DELETE FROM {table}")
        self._passed, self._began = 0.0, time.monotonic()
        self.known_duplicates = house.count("duplicates_detected_total")
        self.provider, self.wire = UnrulyProvider(self.now), Wire()
        self.works: list[list[Work]] = [[], []]
        self.asked: dict[UUID, Any] = {}
        self.silenced: set[str] = set()
        self.restart()
        policies = ({"sms": "resend"}, {"sms": "hold"})
        self.campaigns = [campaign("Picket at six", in_doubt_policy=policy, **USUAL) for policy in policies]
        numbers = [f"+44770092000{digit}" for digit in (1, 2, 3, 3)]
        self.members = [member(number=number) for number in numbers]
        await house.hear(topics.CAMPAIGNS, *self.campaigns)
        await house.hear(topics.MEMBERS, *self.members)

    def restart(self) -> None:
        """New processes on the same database."""
        parts: dict[str, Any] = {"kafka": self.wire, "clock": self.house.clock, "metrics": self.house.metrics}
        house = self.house
        house.dispatch = Dispatch(house.settings, self.provider, database=house.database, **parts)

    async def wait(self, seconds: float) -> None:
        by = f"interval '{seconds} seconds'"
        for statement in _LATER:
            await self.house.rows_changed(statement.format(by=by))
        self.house.clock.advance(timedelta(seconds=seconds))
        self._passed += seconds
        for works in self.works:
            for work in works:
                work.call = replace(work.call, last_start=work.call.last_start - seconds)

    async def ask(self, campaign: int, member: int) -> None:
        request = self.house.request(self.campaigns[campaign], self.members[member])
        self.asked[request.delivery_id] = request
        await self.house.hear(topics.SMS_REQUESTS, request)

    async def claim(self, process: int, most: int) -> None:
        calls = await self.house.claim(most)
        assert not {call.message.to for call in calls} & self.silenced, "claimed after a STOP or an erasure"
        self.works[process] += [Work(call) for call in calls]

    async def post(self, process: int, number: int, fate: Fate) -> None:
        """The call is begun, if it may be; its outcome is written."""
        work, provider = self.works[process][number], self.provider
        provider.fate, before = fate, len(provider.requests)
        try:
            await self.house.dispatch.provider_calls.make(work.call, time.monotonic())
        except Killed:
            work.request = provider.requests[-1]
        else:
            self.works[process].remove(work)
        for request in provider.requests[before:]:
            assert request.begun <= work.call.last_start, "begun after deadline - T"

    async def answer(self, process: int, number: int) -> None:
        """What became of a call is written, however late."""
        work = self.works[process].pop(number)
        outcome = self.provider.answer(work.request) if work.request else InDoubt("stopped")
        message = work.call.message
        await self.house.dispatch.outcomes.put(message.delivery_id, message.gen, outcome)

    def kill(self, process: int) -> None:
        self.works[process] = []
        self.restart()

    async def receipt(self, number: int, status: str, gen: int) -> None:
        """`gen` 0: the attempt's own."""
        request = self.provider.book[number]
        message = request.message
        await self.house.receipt(message.delivery_id, status, gen or message.gen, request.reference)

    async def receipt_with_another_reference(self, number: int, other: int, status: str) -> None:
        """A callback for one message names another one's reference. Each message's own is bound before, by its own
        receipt: of a delivery without a reference nothing says that the callback is wrong."""
        for one in (number, other):
            await self.receipt(one, "accepted", 0)
        before = await self.house.rows(_EVIDENCE)
        message = self.provider.book[number].message
        await self.house.receipt(message.delivery_id, status, message.gen, self.provider.book[other].reference)
        assert await self.house.rows(_EVIDENCE) == before, "another message's receipt counted"

    async def look(self, lists: bool, meanwhile: Doing | None = None) -> None:
        self.provider.lists, self.provider.meanwhile = lists, meanwhile or nothing
        await self.house.dispatch.reconciler.once()
        self.provider.lists, self.provider.meanwhile = True, nothing

    async def search(self) -> None:
        """Wait until the next doubt is ripe and not a moment longer, and look twice."""
        (row,) = await self.house.rows(_RIPE_IN)
        await self.wait(max(0.0, float(row.seconds or 0)) + self.house.settings.doubt_seconds + 1)
        await self.look(True)
        await self.look(True)
        await self.wait(GAP + 1)
        await self.look(True)

    async def decide(self) -> None:
        """A person asks the carrier about all that is held, and is told the truth."""
        for row in await self.house.rows("SELECT delivery_id FROM deliveries WHERE state = 'held'"):
            went = any(one.message.delivery_id == row.delivery_id for one in self.provider.book)
            decision = Decision.ACCEPTED if went else Decision.RESEND
            await self.house.dispatch.operations.release(row.delivery_id, decision, "ann", None)

    async def publish(self, killed: bool, meanwhile: Doing | None = None) -> None:
        self.wire.killed, self.wire.meanwhile = killed, meanwhile or nothing
        try:
            await self.house.dispatch.publisher.publish()
        except Unavailable:
            assert killed
        self.wire.killed, self.wire.meanwhile = False, nothing

    async def erase(self, number: int) -> None:
        await self.house.hear(topics.MEMBERS, MemberErased(member_id=self.members[number].member_id, version=2))
        if number < 2:  # the other two share a number
            self.silenced.add(self.members[number].contact_points[0].address)

    async def stop(self, number: int) -> None:
        address = self.members[number].contact_points[0].address
        await self.house.dispatch.inbound.hear(InboundText(address, OURS, "STOP", f"SM{uuid.uuid4().hex}"))
        self.silenced.add(address)
