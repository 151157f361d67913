"""Composes the message and the record of intent for one delivery that passed the gate."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.db.rows import fields_of
from content.text_parts import MAX_PARTS, count
from contracts.enums import Channel
from dispatch.provider import Outbound, Written, text_mark
from dispatch.restore.recovery import RestoreRecovery
from dispatch.sending.claim_sql import Intent
from dispatch.sending.composition.links import delivery_links
from dispatch.sending.composition.rendering import TooLong, write
from dispatch.sending.composition.sender_identity import bodies_of
from dispatch.sending.gate.facts import Due
from dispatch.sending.gate.gate import Pass
from dispatch.settings import DispatchSettings

_LONGEST_VALIDITY = 36_000


@dataclass(frozen=True, slots=True)
class Composed:
    """The record of intent, the message, and what it counts against the rate."""

    intent: Intent
    message: Outbound
    cost: int


def key_of(due: Due, passed: Pass) -> tuple[UUID, int, str, UUID]:
    """What 'one address gets one message' is unique on."""
    return (due.campaign_id, due.step, passed.address_hash, passed.slot)


class Composer:
    """Composes for one channel."""

    def __init__(self, settings: DispatchSettings, cost: Callable[[str], int], recovery: RestoreRecovery) -> None:
        self._settings, self._cost, self._recovery = settings, cost, recovery
        self._secret = settings.address_secret.get_secret_value().encode()

    def compose(self, due: Due, passed: Pass, now: datetime) -> Composed:
        """Raises NotRenderable where the campaign or the member lacks something, or the member's own name makes the
        text longer than the summary allows; anything else is a bug of ours."""
        links = delivery_links(self._settings, due.delivery_id, passed)
        today = now.astimezone(self._settings.time_zone).date()
        bodies = bodies_of(due.branch, due.region, passed.contact.places, today)
        written = write(self._settings.channel, passed.campaign, passed.contact, bodies, {**due.merge, **links})
        cost = self._cost(written.text)
        if cost > MAX_PARTS:
            raise TooLong(f"takes {cost} parts")
        message = _outbound(due, passed, written, now, links.get("unsubscribe_link", ""))
        return Composed(self._intent(due, passed, written, cost), message, cost)

    def _intent(self, due: Due, passed: Pass, written: Written, cost: int) -> Intent:
        return Intent(
            due=due,
            address=passed.address,
            address_hash=passed.address_hash,
            slot=passed.slot,
            sender=written.sender,
            poll_id=passed.campaign.poll_id,
            test=passed.campaign.test_of is not None,
            expires_at=passed.answers_until,
            consent_id=passed.consent.consent_id if passed.consent else None,
            mark=text_mark(self._secret, passed.address, written.text),
            parts=cost,
            encoding=count(written.text).encoding if self._settings.channel == Channel.SMS else "",
            since=self._recovery.since if due.suspect else None,
        )


def _outbound(due: Due, passed: Pass, written: Written, now: datetime, unsubscribe_link: str) -> Outbound:
    until = min(passed.expires_at, passed.quiet_from or passed.expires_at)
    left = int((until - now).total_seconds())
    return Outbound(
        **fields_of(written),
        delivery_id=due.delivery_id,
        gen=due.gen + 1,
        to=passed.address,
        unsubscribe_link=unsubscribe_link,
        valid_for=max(1, min(left, _LONGEST_VALIDITY)),
    )
