"""From a frozen audience to delivery requests: ids, first channels, next channels."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from contracts.deliveries import DeliveryFailed, DeliveryRequested, DeliverySkipped
from contracts.enums import SkipReason
from contracts.event import Event
from contracts.ids import Ids
from segmenter.domain.campaign import Definition

REQUESTED = "requested"
"""A delivery's status until its dispatcher says something."""
_TRY_NEXT = frozenset(
    {
        SkipReason.NO_CONTACT,
        SkipReason.BAD_CONTACT,
        SkipReason.SUPPRESSED,
        SkipReason.NO_CONSENT,
        SkipReason.TOO_LONG,
    }
)


def first(ids: Ids, definition: Definition, member: Any, *, campaign_id: UUID, test: bool, at: datetime) -> list[Any]:
    """The deliveries asked for first; `member` is an audience row."""
    channels = list(member.channels)
    at_once = definition.channels.rule == "all"
    tried = [(channel, []) for channel in channels] if at_once else [(channels[0], channels[1:])]
    return [
        {
            "delivery_id": ids.delivery(campaign_id, definition.step, member.member_id, channel),
            "campaign_id": campaign_id,
            "ordinal": member.ordinal,
            "step": definition.step,
            "channel": channel,
            "rest": rest,
            "member_id": member.member_id,
            "branch": member.branch,
            "test": test,
            **_unheard(at),
        }
        for channel, rest in tried
    ]


def following(ids: Ids, failed: Any, at: datetime) -> dict[str, Any]:
    """The delivery on the next channel, one step further; `failed` is a delivery's row."""
    channel, *rest = failed.rest
    step = failed.step + 1
    return {
        "delivery_id": ids.delivery(failed.campaign_id, step, failed.member_id, channel),
        "campaign_id": failed.campaign_id,
        "ordinal": failed.ordinal,
        "step": step,
        "channel": channel,
        "rest": rest,
        "member_id": failed.member_id,
        "branch": failed.branch,
        "test": failed.test,
        **_unheard(at),
    }


def _unheard(at: datetime) -> dict[str, Any]:
    return {"status": REQUESTED, "reason": "", "rev": 0, "at": at}


def tries_next(event: Event) -> bool:
    """Whether this end of a delivery is a reason to try the next channel: never while in doubt."""
    match event:
        case DeliverySkipped():
            return event.reason in _TRY_NEXT
        case DeliveryFailed():
            return event.address_bad
        case _:
            return False


def request(definition: Definition, launched_on: date, delivery: Any, planned: Any) -> DeliveryRequested:
    """What the dispatcher is told; `delivery` is its row, `planned` the audience's."""
    return DeliveryRequested(
        delivery_id=delivery["delivery_id"],
        campaign_id=delivery["campaign_id"],
        launched_on=launched_on,
        step=delivery["step"],
        variant=definition.variant,
        script_version=definition.script_version,
        channel=delivery["channel"],
        member_id=delivery["member_id"],
        member_version=planned.member_version,
        branch=delivery["branch"],
        region=planned.region,
        urgent=definition.urgent,
        expires_at=definition.expires_at,
        merge=planned.merge,
    )


def folded(events: Iterable[Any]) -> list[Any]:
    """The furthest word on each delivery of a batch."""
    last: dict[UUID, Any] = {}
    for event in events:
        if event.delivery_id not in last or event.rev > last[event.delivery_id].rev:
            last[event.delivery_id] = event
    return [last[delivery_id] for delivery_id in sorted(last)]
