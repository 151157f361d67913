"""Deliveries of a frozen audience: the first ones, the next channel after a failure, and their requests."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from contracts.enums import SkipReason
from contracts.events.deliveries import DeliveryEvent, DeliveryFailed, DeliveryRequested, DeliverySkipped
from contracts.ids import Ids
from segmenter.domain.campaigns.definition import CampaignDefinition

REQUESTED = "requested"
"""A delivery's status until its dispatcher publishes one."""
TERMINAL = ("delivered", "undelivered", "expired", "rejected", "skipped")
_NEXT_CHANNEL_AFTER = frozenset(
    {SkipReason.NO_CONTACT, SkipReason.BAD_CONTACT, SkipReason.SUPPRESSED, SkipReason.NO_CONSENT, SkipReason.TOO_LONG}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one member on one channel, and its last known status."""

    delivery_id: UUID
    campaign_id: UUID
    ordinal: int
    step: int
    channel: str
    rest: list[str]
    """Channels still to be tried when this one fails."""
    member_id: UUID
    branch: str | None
    test: bool
    status: str = REQUESTED
    reason: str = ""
    rev: int = 0
    at: datetime


class Recipient(NamedTuple):
    """A member of a frozen audience who is to be written to."""

    ordinal: int
    member_id: UUID
    channels: list[str]
    branch: str | None


class RequestDetails(NamedTuple):
    """What a request takes from the frozen audience beside its delivery."""

    member_version: int
    region: str | None
    merge: dict[str, str]


def first_deliveries(
    ids: Ids, definition: CampaignDefinition, recipient: Recipient, *, campaign_id: UUID, test: bool, at: datetime
) -> list[Delivery]:
    """The deliveries that are requested first: on every channel, or on the first with the rest kept for later."""
    first, *rest = recipient.channels
    at_once = definition.channels.rule == "all"
    return [
        Delivery(
            delivery_id=ids.delivery(campaign_id, definition.step, recipient.member_id, channel),
            campaign_id=campaign_id,
            ordinal=recipient.ordinal,
            step=definition.step,
            channel=channel,
            rest=[] if at_once else rest,
            member_id=recipient.member_id,
            branch=recipient.branch,
            test=test,
            at=at,
        )
        for channel in (recipient.channels if at_once else [first])
    ]


def next_delivery(ids: Ids, failed: Delivery, at: datetime) -> Delivery:
    """The delivery on the next channel, one step further."""
    channel, *rest = failed.rest
    step = failed.step + 1
    return replace(
        failed,
        delivery_id=ids.delivery(failed.campaign_id, step, failed.member_id, channel),
        step=step,
        channel=channel,
        rest=rest,
        status=REQUESTED,
        reason="",
        rev=0,
        at=at,
    )


def leads_to_next_channel(event: DeliveryEvent) -> bool:
    """Whether this end of a delivery is a reason to try the next channel: never while in doubt."""
    match event:
        case DeliverySkipped():
            return event.reason in _NEXT_CHANNEL_AFTER
        case DeliveryFailed():
            return event.address_bad
        case _:
            return False


def delivery_request(
    definition: CampaignDefinition, launched_on: date, delivery: Delivery, details: RequestDetails
) -> DeliveryRequested:
    """The event that asks a dispatcher for a delivery."""
    return DeliveryRequested(
        delivery_id=delivery.delivery_id,
        campaign_id=delivery.campaign_id,
        launched_on=launched_on,
        step=delivery.step,
        variant=definition.variant,
        script_version=definition.script_version,
        channel=delivery.channel,
        member_id=delivery.member_id,
        branch=delivery.branch,
        urgent=definition.urgent,
        expires_at=definition.expires_at,
        **details._asdict(),
    )
