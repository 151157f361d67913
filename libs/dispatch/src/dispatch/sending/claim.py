"""One claim: lock due rows, load what is known, judge, write, commit. After that the calls may be made."""

import time
import traceback
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from contracts.enums import SkipReason
from contracts.stop_orders import ALL_SENDING
from contracts.topics import CAMPAIGNS, MEMBERS
from dispatch.ledger import bulk_skip, order
from dispatch.ledger.states import State
from dispatch.observability.alarm import Alarm
from dispatch.observability.metrics import DispatchMetrics
from dispatch.provider import Outbound
from dispatch.sending import claim_sql, same_address
from dispatch.sending.backoff import wait_by_age
from dispatch.sending.campaign_cache import CampaignCache
from dispatch.sending.composition.composition import Composed, Composer, key_of
from dispatch.sending.composition.rendering import NotRenderable
from dispatch.sending.gate.facts import Due, Facts
from dispatch.sending.gate.gate import Gate, Pass, Skip, Wait
from dispatch.sending.gate.quiet_hours import QuietHours
from dispatch.settings import DispatchSettings
from sqlmodel.ext.asyncio.session import AsyncSession

_BEING_SENT, _UNDECIDED = timedelta(seconds=1), timedelta(seconds=30)
"""When to ask again whether another delivery got the address: while it is called, and while it waits or is in doubt."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call to make. It is not begun after `last_start` (this process's monotonic clock)."""

    message: Outbound
    campaign_id: UUID
    cost: int
    last_start: float
    """Later it might be in doubt before its answer, or have expired."""
    suspect: bool = False
    """Not called, but looked up: see `restore`."""


@dataclass(slots=True)
class _Judged:
    """A claim in the making."""

    calls: list[Composed] = field(default_factory=list)
    skipped: list[tuple[Due, str]] = field(default_factory=list)
    waiting: list[tuple[Due, datetime, str]] = field(default_factory=list)
    broken: list[tuple[Due, Exception, str]] = field(default_factory=list)
    """Those of the waiting that met a bug of ours, and in which step."""
    used: int = 0
    keys: set[tuple[UUID, int, str, UUID]] = field(default_factory=set)

    def wait_for_us(self, due: Due, error: Exception, doing: str, now: datetime) -> None:
        """Put off for as long again as it has waited."""
        self.broken.append((due, error, doing))
        self.waiting.append((due, now + wait_by_age(now - due.admitted_at), "our_fault"))


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim brought. `seen` counts all rows it looked at, `used` what the calls cost."""

    calls: tuple[Call, ...] = ()
    seen: int = 0
    used: int = 0


class Claimer:
    """Claims for one dispatcher."""

    def __init__(
        self,
        settings: DispatchSettings,
        database: Database,
        clock: Clock,
        metrics: DispatchMetrics,
        composer: Composer,
        alarm: Alarm,
    ) -> None:
        self._settings, self._database, self._clock, self._metrics = settings, database, clock, metrics
        self._campaigns, self._composer, self._alarm = CampaignCache(), composer, alarm
        quiet = QuietHours(settings.quiet_from, settings.quiet_until)
        self.gate = Gate(quiet, timedelta(seconds=settings.member_wait_seconds), settings.lists)

    async def is_due(self) -> bool:
        """Whether it is worth taking tokens; rows whose time has come are taken into the order first."""
        async with self._database.transaction() as session:
            await order.wake(session, self._clock.now())
            return await claim_sql.is_due(session)

    async def claim(self, most: int, units: int) -> Claimed:
        """At most `most` rows and, beyond the first, `units` of cost, in one transaction."""
        async with self._database.transaction() as session:
            now = self._clock.now()
            due = await claim_sql.due(session, most)
            if not due:
                return Claimed()
            facts = await self._facts(session, due, now)
            if facts is None:
                return Claimed()
            judged = self._judge(facts, now, units)
            began = time.monotonic()
            await self._write(session, judged, now)
        self._count(judged)
        last_start = began + self._settings.deadline_seconds - self._settings.call_timeout_seconds
        calls = tuple(
            Call(
                one.message,
                one.intent.due.campaign_id,
                one.cost,
                min(last_start, began + one.message.valid_for),
                one.intent.due.suspect,
            )
            for one in judged.calls
        )
        return Claimed(calls, len(due), sum(call.cost for call in calls if not call.suspect))

    async def _facts(self, session: AsyncSession, due: list[Due], now: datetime) -> list[Facts] | None:
        """None: everything is stopped."""
        late = any(now - item.admitted_at >= self.gate.patience for item in due)
        applied = {topic: now - ago for topic, ago in (await claim_sql.applied(session)).items()} if late else {}
        contacts, unreadable = await claim_sql.contacts(session, list({item.member_id for item in due}))
        hashes = {contact.address_hash for contact in contacts.values() if contact.address_hash}
        known = await claim_sql.known(session, list(hashes), list(contacts), list({item.campaign_id for item in due}))
        if ALL_SENDING in known.stopped:
            return None
        campaigns, faults = await self._campaigns.load(session, known.versions)
        return [
            Facts(
                due=item,
                contact=contact,
                campaign=campaigns.get(item.campaign_id),
                stopped=item.campaign_id in known.stopped,
                suppressed_since=known.suppressed.get(contact.address_hash or "") if contact else None,
                on_hold=bool(contact and contact.address_hash in known.on_hold),
                address_bad=bool(contact and contact.address_hash in known.bad),
                took_part=(item.member_id, item.campaign_id) in known.took_part,
                members_applied=applied.get(MEMBERS.name),
                campaigns_applied=applied.get(CAMPAIGNS.name),
                unreadable=unreadable.get(item.member_id) or faults.get(item.campaign_id),
            )
            for item in due
            for contact in (contacts.get(item.member_id),)
        ]

    def _judge(self, all_facts: list[Facts], now: datetime, units: int) -> _Judged:
        """A fault with one delivery neither holds up the others nor refuses that one: it waits until the fault is
        mended (decision 0013)."""
        judged = _Judged()
        for facts in all_facts:
            if facts.unreadable is not None:
                judged.wait_for_us(facts.due, facts.unreadable, "reading", now)
                continue
            try:
                if not self._place(judged, facts, now, units):
                    break
            except Exception as error:  # noqa: BLE001 - a bug; `_count` reports it, once it is written that the row waits
                judged.wait_for_us(facts.due, error, "composing", now)
        return judged

    def _place(self, judged: _Judged, facts: Facts, now: datetime, units: int) -> bool:
        """False: the units are used up; the row stays as it is, for the next claim."""
        match self.gate.judge(facts, now):
            case Skip(reason):
                judged.skipped.append((facts.due, reason.value))
            case Wait(until, why):
                judged.waiting.append((facts.due, until, why))
            case Pass() as passed:
                return self._compose(judged, facts.due, passed, now, units)
        return True

    def _compose(self, judged: _Judged, due: Due, passed: Pass, now: datetime, units: int) -> bool:
        key = key_of(due, passed)
        if key in judged.keys:
            judged.waiting.append((due, now + _BEING_SENT, SkipReason.SAME_ADDRESS.value))
            return True
        try:
            composed = self._composer.compose(due, passed, now)
        except NotRenderable as error:
            judged.skipped.append((due, error.reason.value))
            return True
        cost = 0 if due.suspect else composed.cost  # it is looked up, not called
        if judged.calls and judged.used + cost > units:
            return False
        judged.keys.add(key)
        judged.used += cost
        judged.calls.append(composed)
        return True

    async def _write(self, session: AsyncSession, judged: _Judged, now: datetime) -> None:
        if judged.calls:
            await self._take_places(session, judged, now)
        if judged.calls:
            deadline = timedelta(seconds=self._settings.deadline_seconds)
            await claim_sql.sending(session, [call.intent for call in judged.calls], deadline)
        if judged.skipped:
            refused = [(due.delivery_id, due.month, reason) for due, reason in judged.skipped]
            await bulk_skip.skip_refused(session, refused)
        if judged.waiting:
            await claim_sql.waiting(session, judged.waiting)

    async def _take_places(self, session: AsyncSession, judged: _Judged, now: datetime) -> None:
        """A delivery that does not get its address waits until it is certain that another one has: see
        `same_address`."""
        places = await same_address.serve(session, [call.intent for call in judged.calls], now)
        calls, judged.calls = judged.calls, []
        for call in calls:
            due, place = call.intent.due, places[call.intent.due.delivery_id]
            if place.holder == due.delivery_id:
                judged.calls.append(call)
            elif place.state in same_address.OPEN:
                again = now + (_BEING_SENT if place.state is State.SENDING else _UNDECIDED)
                judged.waiting.append((due, again, SkipReason.SAME_ADDRESS.value))
            else:
                judged.skipped.append((due, SkipReason.SAME_ADDRESS.value))

    def _count(self, judged: _Judged) -> None:
        self._metrics.claimed.inc(len(judged.calls))
        for _, reason in judged.skipped:
            self._metrics.skipped(reason).inc()
            if reason in {SkipReason.MEMBER_UNKNOWN, SkipReason.CAMPAIGN_UNKNOWN}:
                self._metrics.unknown_alarm.inc()
        for _, _, why in judged.waiting:
            self._metrics.waited(why).inc()
        for due, error, doing in judged.broken:
            ids = {"delivery_id": str(due.delivery_id), "campaign_id": str(due.campaign_id)}
            # Without the error's message, which may quote the text.
            fault = {"error": type(error).__name__, "where": _where(error)}
            self._alarm.raised("a message has to wait until this is mended", doing, **ids, **fault)


def _where(error: Exception) -> str:
    """File and line at which it was raised."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"
