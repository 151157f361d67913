"""One claim: lock due rows, load what is known, judge, write, commit. After that the calls may be made."""

import time
import traceback
from collections.abc import Collection, Mapping
from dataclasses import dataclass
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
from dispatch.sending.campaign_cache import CampaignCache
from dispatch.sending.claim_sql import Share
from dispatch.sending.composition.composition import Composer, key_of
from dispatch.sending.composition.rendering import NotRenderable
from dispatch.sending.due_senders import DueSender, due_senders
from dispatch.sending.gate.facts import Due, Facts
from dispatch.sending.gate.gate import Gate, Pass, Skip, Wait
from dispatch.sending.gate.quiet_hours import QuietHours
from dispatch.sending.judged import Judged
from dispatch.settings import DispatchSettings
from sqlmodel.ext.asyncio.session import AsyncSession

_BEING_SENT, _UNDECIDED = timedelta(seconds=1), timedelta(seconds=30)
"""When to ask again whether another delivery got the address: while it is called, and while it waits or is in doubt."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call to make. It is not begun after `last_start` (this process's monotonic clock)."""

    message: Outbound
    campaign_id: UUID
    sender: str
    """By which key it is paced."""
    cost: int
    last_start: float
    """Later it might be in doubt before its answer, or have expired."""
    suspect: bool = False
    """Not called, but looked up: see `restore`."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim brought. `seen` counts all rows it looked at."""

    calls: tuple[Call, ...] = ()
    seen: int = 0


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

    async def due_senders(self, most: int = 1) -> list[DueSender]:
        """For whom it is worth taking tokens, with up to `most` rows each; rows whose time has come are taken into the
        order first."""
        async with self._database.transaction() as session:
            await order.wake(session, self._clock.now())
            return await due_senders(session, self._settings.channel, most)

    async def claim(self, shares: Collection[Share]) -> Claimed:
        """What these senders have due, in one transaction."""
        async with self._database.transaction() as session:
            now = self._clock.now()
            due = await claim_sql.due(session, shares)
            if not due:
                return Claimed()
            facts = await self._facts(session, due, now)
            if facts is None:
                return Claimed()
            judged = self._judge(facts, now, {share.sender: share.units for share in shares})
            began = time.monotonic()
            await self._write(session, judged, now)
        self._count(judged)
        last_start = began + self._settings.deadline_seconds - self._settings.call_timeout_seconds
        calls = tuple(
            Call(
                one.message,
                one.intent.due.campaign_id,
                one.intent.due.sender,
                one.cost,
                min(last_start, began + one.message.valid_for),
                one.intent.due.suspect,
            )
            for one in judged.calls
        )
        return Claimed(calls, len(due))

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

    def _judge(self, all_facts: list[Facts], now: datetime, units: Mapping[str, int]) -> Judged:
        """A fault with one delivery neither holds up the others nor refuses that one: it waits until the fault is
        mended (decision 0013)."""
        judged = Judged()
        for facts in all_facts:
            if facts.due.sender in judged.full:
                continue  # the row stays as it is, for the next claim
            if facts.unreadable is not None:
                judged.wait_for_us(facts.due, facts.unreadable, "reading", now)
                continue
            try:
                self._place(judged, facts, now, units[facts.due.sender])
            except Exception as error:  # noqa: BLE001 - a bug; `_count` reports it, once it is written that the row waits
                judged.wait_for_us(facts.due, error, "composing", now)
        return judged

    def _place(self, judged: Judged, facts: Facts, now: datetime, units: int) -> None:
        match self.gate.judge(facts, now):
            case Skip(reason):
                judged.skipped.append((facts.due, reason.value))
            case Wait(until, why):
                judged.waiting.append((facts.due, until, why))
            case Pass() as passed:
                self._compose(judged, facts.due, passed, now, units)

    def _compose(self, judged: Judged, due: Due, passed: Pass, now: datetime, units: int) -> None:
        key = key_of(due, passed)
        if key in judged.keys:
            judged.waiting.append((due, now + _BEING_SENT, SkipReason.SAME_ADDRESS.value))
            return
        try:
            composed = self._composer.compose(due, passed, now)
        except NotRenderable as error:
            judged.skipped.append((due, error.reason.value))
            return
        sender = self._settings.sender_key(composed.intent.sender)
        cost = 0 if due.suspect else composed.cost  # it is looked up, not called
        if sender != due.sender and not due.suspect:
            judged.misplaced.append(order.Misplaced(due.delivery_id, due.month, due.campaign_id, due.urgent, sender))
        elif judged.used[due.sender] and judged.used[due.sender] + cost > units:
            judged.full.add(due.sender)
        else:
            judged.keys.add(key)
            judged.used[due.sender] += cost
            judged.calls.append(composed)

    async def _write(self, session: AsyncSession, judged: Judged, now: datetime) -> None:
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
        if judged.misplaced:
            await order.change_sender(session, judged.misplaced, now)

    async def _take_places(self, session: AsyncSession, judged: Judged, now: datetime) -> None:
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

    def _count(self, judged: Judged) -> None:
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
