"""The one gate before a provider, the same for every channel. Refusing, waiting and passing are three things."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from contracts.enums import CampaignState, MemberStatus, SkipReason
from contracts.events.campaigns import CampaignEvent
from dispatch.projection.contact import Contact, Grant
from dispatch.sending.gate.facts import Due, Facts
from dispatch.sending.gate.quiet_hours import QuietHours

SHORTEST_VALIDITY = timedelta(seconds=5)
"""With less left a provider would hold it past its time; it counts as expired."""
ADDRESS_HOLD = "address_hold"
_UNKNOWN_AGAIN = timedelta(seconds=30)
_SUSPECT_AGAIN = timedelta(minutes=5)
"""Nothing wakes a suspect: it is judged again by itself."""


@dataclass(frozen=True, slots=True)
class Skip:
    """Refused: nothing is sent on this channel."""

    reason: SkipReason


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now. `why` is `member`, `campaign`, `address_hold`, `paused`, `stopped` or `quiet_hours`. What waits for
    a person, a resumption or the end of a stop is put aside until it expires, unless it is a suspect: see
    `ledger.address_holds` and `campaign_changes`."""

    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Pass:
    """May be sent, under this consent, until then. Of a suspect: may be looked for; it has no consent if there is none
    any more."""

    contact: Contact
    campaign: CampaignEvent
    address: str
    address_hash: str
    consent: Grant | None
    expires_at: datetime
    quiet_from: datetime | None = None
    """When the member must not be disturbed any more; None: never."""

    @property
    def slot(self) -> UUID:
        """What 'one address gets one message' is unique on, beside campaign, step and address."""
        return self.contact.member_id if self.campaign.one_per_member else UUID(int=0)

    @property
    def answers_until(self) -> datetime:
        """An ask ends with the poll, which may outlive the campaign that asks it."""
        return max(self.expires_at, self.campaign.poll_closes_at or self.expires_at)


Verdict = Skip | Wait | Pass


@dataclass(frozen=True, slots=True)
class Gate:
    """The rules of a deployment. `patience` is how long an unknown member or campaign is waited for."""

    quiet_hours: QuietHours
    patience: timedelta
    lists: bool = True
    """Whether the provider has a list in which a suspect can be looked for."""

    def judge(self, facts: Facts, now: datetime) -> Verdict:
        """The design's order: member, address, consent, campaign, participation, expiry, quiet hours.

        A suspect is not refused while it can be looked up: that sends nothing, and if it was sent, it was not skipped.
        If it was not, it is judged again.
        """
        verdict = self._judge(facts, now)
        if not facts.due.suspect:
            return verdict
        if isinstance(verdict, Wait):
            return replace(verdict, until=min(verdict.until, now + _SUSPECT_AGAIN))
        return (_to_look_for(facts) if self.lists else None) or verdict

    def _judge(self, facts: Facts, now: datetime) -> Verdict:
        contact, campaign = facts.contact, facts.campaign
        if contact is not None and contact.erased:
            return Skip(SkipReason.ERASED)
        if contact is None or contact.version < facts.due.member_version:
            return self._not_known(facts.due, now, "member", facts.members_applied, SkipReason.MEMBER_UNKNOWN)
        if campaign is None:
            return self._not_known(facts.due, now, "campaign", facts.campaigns_applied, SkipReason.CAMPAIGN_UNKNOWN)
        grant = contact.consents.get(campaign.purpose)
        reason = next(_refusals(facts, contact, campaign, grant, now), None)
        if reason is not None:
            return Skip(reason)
        assert grant is not None
        assert contact.address is not None
        assert contact.address_hash is not None
        wait = self._wait(facts, contact, campaign, now)
        quiet_from = None if campaign.passes_quiet_hours else self.quiet_hours.next_quiet(now, contact.time_zone)
        expiry = _expiry(facts, campaign)
        return wait or Pass(contact, campaign, contact.address, contact.address_hash, grant, expiry, quiet_from)

    def _not_known(self, due: Due, now: datetime, what: str, applied: datetime | None, reason: SkipReason) -> Verdict:
        """Given up once the topic was applied to its end when the patience was over: before that, what is missing may
        be on its way."""
        over = due.admitted_at + self.patience
        if applied is not None and applied >= over:
            return Skip(reason)
        again = now + min(max(now - due.admitted_at, timedelta(seconds=0.5)), _UNKNOWN_AGAIN)
        return _unless_expired(Wait(min(again, over) if now < over else again, what), due.expires_at, now)

    def _wait(self, facts: Facts, contact: Contact, campaign: CampaignEvent, now: datetime) -> Verdict | None:
        expiry = _expiry(facts, campaign)
        if facts.on_hold:
            return _unless_expired(Wait(expiry, ADDRESS_HOLD), expiry, now)
        if facts.stopped:
            return _unless_expired(Wait(expiry, "stopped"), expiry, now)
        if campaign.state == CampaignState.PAUSED:
            return _unless_expired(Wait(expiry, "paused"), expiry, now)
        if not campaign.passes_quiet_hours:
            soon = now + SHORTEST_VALIDITY
            allowed = self.quiet_hours.next_allowed(soon, contact.time_zone)
            if allowed > soon:
                return _unless_expired(Wait(allowed, "quiet_hours"), expiry, allowed)
        return None


def _refusals(
    facts: Facts, contact: Contact, campaign: CampaignEvent, grant: Grant | None, now: datetime
) -> Iterator[SkipReason]:
    if contact.status != MemberStatus.ACTIVE:
        yield SkipReason.NOT_ACTIVE
    if contact.address is None or contact.address_hash is None:
        yield SkipReason.NO_CONTACT
    if not contact.usable or facts.address_bad:
        yield SkipReason.BAD_CONTACT
    if _is_suppressed(facts.suppressed_since, grant):
        yield SkipReason.SUPPRESSED
    if grant is None or not grant.granted:
        yield SkipReason.NO_CONSENT
    if campaign.state == CampaignState.CANCELLED:
        yield SkipReason.CANCELLED
    if facts.took_part:
        yield SkipReason.ALREADY_TOOK_PART
    if _expiry(facts, campaign) - now < SHORTEST_VALIDITY:
        yield SkipReason.EXPIRED


def _to_look_for(facts: Facts) -> Pass | None:
    """None: of an erased member, or without the address or the words, there is nothing to look for."""
    contact, campaign = facts.contact, facts.campaign
    if contact is None or campaign is None or contact.version < facts.due.member_version:
        return None
    if contact.address is None or contact.address_hash is None:
        return None
    grant = contact.consents.get(campaign.purpose)
    consent = grant if grant is not None and grant.granted else None
    return Pass(contact, campaign, contact.address, contact.address_hash, consent, _expiry(facts, campaign))


def _is_suppressed(since: datetime | None, grant: Grant | None) -> bool:
    """A STOP yields only to consent whose evidence is later, never to the order in which the two were read."""
    return since is not None and not (grant is not None and grant.granted and grant.at > since)


def _expiry(facts: Facts, campaign: CampaignEvent) -> datetime:
    return min(facts.due.expires_at, campaign.expires_at)


def _unless_expired(wait: Wait, expiry: datetime, moment: datetime) -> Verdict:
    """Expired at once, if the moment at which it could next go is too late."""
    return Skip(SkipReason.EXPIRED) if expiry - moment < SHORTEST_VALIDITY else wait
