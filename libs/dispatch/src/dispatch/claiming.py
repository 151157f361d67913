"""One claim: lock due rows, load what is known, judge, write, commit. After that the calls may be made."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from chassis.clock import Clock
from chassis.database import Database
from content.parts import count
from contracts.vocabulary import Channel, SkipReason
from dispatch.campaigns import Campaigns
from dispatch.domain.facts import Due, Facts
from dispatch.domain.gate import Gate, Pass, Skip, Wait
from dispatch.domain.quiet_hours import QuietHours
from dispatch.domain.writing import NotRenderable, Written, write
from dispatch.linking import Linking
from dispatch.metrics import Counts
from dispatch.provider import Outbound, text_mark
from dispatch.recovering import Recovering
from dispatch.repository import claim, serving
from dispatch.repository.claim import Intent
from dispatch.settings import DispatchSettings
from sqlmodel.ext.asyncio.session import AsyncSession

_LONGEST_VALIDITY = 36_000
_BEING_SENT, _UNDECIDED = timedelta(seconds=1), timedelta(seconds=30)
"""When to ask again whether another delivery got the address: while it is called, and while it waits or is in doubt."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call to make. It is not begun after `last_start` (this process's monotonic clock)."""

    message: Outbound
    cost: int
    last_start: float
    suspect: bool = False
    """Not called, but looked for: see `recovering`."""


@dataclass(slots=True)
class _Judged:
    """A claim in the making."""

    calls: list[tuple[Intent, Outbound, int]] = field(default_factory=list)
    skipped: list[tuple[Due, str]] = field(default_factory=list)
    waiting: list[tuple[Due, datetime, str]] = field(default_factory=list)
    used: int = 0
    keys: set[tuple[UUID, int, str, UUID]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim brought. `seen` counts all rows it looked at, `used` what the calls cost."""

    calls: tuple[Call, ...] = ()
    seen: int = 0
    used: int = 0


class Claiming:
    """Claims for one dispatcher."""

    def __init__(
        self,
        settings: DispatchSettings,
        database: Database,
        clock: Clock,
        counts: Counts,
        cost: Callable[[str], int],
        recovering: Recovering,
    ) -> None:
        self._settings, self._database, self._clock, self._counts, self._cost = settings, database, clock, counts, cost
        self._campaigns, self._linking, self._recovering = Campaigns(), Linking(settings), recovering
        self._secret = settings.address_secret.get_secret_value().encode()
        quiet = QuietHours(settings.quiet_from, settings.quiet_until)
        self.gate = Gate(quiet, timedelta(seconds=settings.member_wait_seconds))

    async def is_due(self) -> bool:
        """Whether it is worth taking tokens."""
        async with self._database.transaction() as session:
            return await claim.is_due(session, self._clock.now())

    async def claim(self, most: int, units: int) -> Claimed:
        """At most `most` rows and, beyond the first, `units` of cost, in one transaction."""
        async with self._database.transaction() as session:
            now = self._clock.now()
            due = await claim.due(session, now, most)
            if not due:
                return Claimed()
            judged = self._judge(await self._facts(session, due), now, units)
            began = time.monotonic()
            await self._write(session, judged, now)
        self._count(judged)
        last_start = began + self._settings.deadline_seconds - self._settings.call_timeout_seconds
        calls = tuple(Call(message, cost, last_start, intent.due.suspect) for intent, message, cost in judged.calls)
        return Claimed(calls, len(due), sum(call.cost for call in calls))

    async def _facts(self, session: AsyncSession, due: list[Due]) -> list[Facts]:
        contacts = await claim.contacts(session, list({item.member_id for item in due}))
        hashes = {contact.address_hash for contact in contacts.values() if contact.address_hash}
        known = await claim.known(session, list(hashes), list(contacts), list({item.campaign_id for item in due}))
        campaigns = await self._campaigns.load(session, known.versions)
        return [
            Facts(
                due=item,
                contact=contact,
                campaign=campaigns.get(item.campaign_id),
                stopped=known.stopped,
                suppressed_since=known.suppressed.get(contact.address_hash or "") if contact else None,
                address_bad=bool(contact and contact.address_hash in known.bad),
                took_part=(item.member_id, item.campaign_id) in known.took_part,
            )
            for item in due
            for contact in (contacts.get(item.member_id),)
        ]

    def _judge(self, all_facts: list[Facts], now: datetime, units: int) -> _Judged:
        judged = _Judged()
        for facts in all_facts:
            match self.gate.judge(facts, now):
                case Skip(reason):
                    judged.skipped.append((facts.due, reason.value))
                case Wait(until, why):
                    judged.waiting.append((facts.due, until, why))
                case Pass() as passed:
                    if not self._compose(judged, facts.due, passed, now, units):
                        break
        return judged

    def _compose(self, judged: _Judged, due: Due, passed: Pass, now: datetime, units: int) -> bool:
        """False: the units are used up; the row stays as it is, for the next claim."""
        key = (due.campaign_id, due.step, passed.address_hash, passed.slot)
        if key in judged.keys:
            judged.waiting.append((due, now + _BEING_SENT, SkipReason.SAME_ADDRESS.value))
            return True
        links = self._linking.values(due.delivery_id, passed)
        try:
            written = write(self._settings.channel, passed.campaign, passed.contact, {**due.merge, **links})
        except NotRenderable:
            judged.skipped.append((due, SkipReason.NOT_RENDERABLE.value))
            return True
        cost = self._cost(written.text)
        if judged.calls and judged.used + cost > units:
            return False
        judged.keys.add(key)
        judged.used += cost
        message = _outbound(due, passed, written, now, links.get("unsubscribe_link", ""))
        judged.calls.append((self._intent(due, passed, written, cost), message, cost))
        return True

    def _intent(self, due: Due, passed: Pass, written: Written, cost: int) -> Intent:
        return Intent(
            due=due,
            address=passed.address,
            address_hash=passed.address_hash,
            slot=passed.slot,
            sender=written.sender,
            poll_id=passed.campaign.poll_id,
            expires_at=passed.answers_until,
            consent_id=passed.consent.consent_id,
            mark=text_mark(self._secret, written.text),
            parts=cost,
            encoding=count(written.text).encoding if self._settings.channel == Channel.SMS else "",
            since=self._recovering.since if due.suspect else None,
        )

    async def _write(self, session: AsyncSession, judged: _Judged, now: datetime) -> None:
        if judged.calls:
            await self._take_places(session, judged, now)
        if judged.calls:
            await claim.sending(session, [intent for intent, _, _ in judged.calls], self._settings.deadline)
        if judged.skipped:
            await claim.skipped(session, judged.skipped)
        if judged.waiting:
            await claim.waiting(session, judged.waiting)

    async def _take_places(self, session: AsyncSession, judged: _Judged, now: datetime) -> None:
        """Who does not get the address waits until it is certain that another one has: see `serving`."""
        places = await serving.serve(session, [intent for intent, _, _ in judged.calls], now)
        calls, judged.calls = judged.calls, []
        for call in calls:
            due, place = call[0].due, places[call[0].due.delivery_id]
            if place.holder == due.delivery_id:
                judged.calls.append(call)
            elif place.undecided:
                again = now + (_BEING_SENT if place.being_sent else _UNDECIDED)
                judged.waiting.append((due, again, SkipReason.SAME_ADDRESS.value))
            else:
                judged.skipped.append((due, SkipReason.SAME_ADDRESS.value))

    def _count(self, judged: _Judged) -> None:
        self._counts.claimed.inc(len(judged.calls))
        for _, reason in judged.skipped:
            self._counts.skipped(reason)
            if reason in {SkipReason.MEMBER_UNKNOWN, SkipReason.CAMPAIGN_UNKNOWN}:
                self._counts.unknown_alarm.inc()
        for _, _, why in judged.waiting:
            self._counts.waited(why)


def _outbound(due: Due, passed: Pass, written: Written, now: datetime, unsubscribe_link: str) -> Outbound:
    left = int((passed.expires_at - now).total_seconds())
    return Outbound(
        delivery_id=due.delivery_id,
        gen=due.gen + 1,
        to=passed.address,
        sender=written.sender,
        display_name=written.display_name,
        language=written.language,
        text=written.text,
        subject=written.subject,
        html=written.html,
        unsubscribe_link=unsubscribe_link,
        valid_for=max(1, min(left, _LONGEST_VALIDITY)),
    )
