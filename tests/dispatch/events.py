"""Events as the other services would say them: a member, a campaign, a request."""

import itertools
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.events.campaigns import CampaignEvent, CampaignLaunched, Content, Sender
from contracts.events.deliveries import DeliveryRequested
from contracts.events.members import Consent, ContactPoint, MemberChanged, Membership
from dispatch.settings import DispatchSettings

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""A Monday."""
OURS = "+447700900000"
NUMBERS: Iterator[str] = (f"+44770091{number:04d}" for number in itertools.count(1))


def member(**fields: Any) -> MemberChanged:
    """An active member with a mobile and consent to campaigns."""
    number = fields.pop("number", None) or next(NUMBERS)
    consented_at = fields.pop("consented_at", NOON - timedelta(days=30))
    consent = Consent(
        consent_id=uuid.uuid4(),
        channel="sms",
        purpose="campaign",
        granted=fields.pop("granted", True),
        source="form",
        wording_version="1",
        at=consented_at,
    )
    values: dict[str, Any] = {
        "member_id": uuid.uuid4(),
        "version": 1,
        "given_name": "Nia",
        "family_name": "Puw",
        "contact_points": (ContactPoint(channel="sms", address=number),),
        "consents": (consent,),
        "memberships": (Membership(body="gwynedd", path=("union", "gwynedd"), valid_from=NOON.date()),),
    }
    return MemberChanged(**(values | fields))


def campaign(words: str = "Picket at six, {{ given_name }}", **fields: Any) -> CampaignLaunched:
    values: dict[str, Any] = {
        "campaign_id": uuid.uuid4(),
        "version": 1,
        "state": "launched",
        "name": "Picket",
        "purpose": "campaign",
        "content": (Content(channel="sms", language="en", text=words),),
        "senders": (Sender(channel="sms", address=OURS),),
        "launched_on": NOON.date(),
        "expires_at": NOON + timedelta(days=1),
        "fallbacks": {"given_name": "friend"},
    }
    return CampaignLaunched(**(values | fields))


def request(
    settings: DispatchSettings, campaign: CampaignEvent, member: MemberChanged, **fields: Any
) -> DeliveryRequested:
    step = fields.get("step", campaign.step)
    values: dict[str, Any] = {
        "delivery_id": settings.ids.delivery(campaign.campaign_id, step, member.member_id, "sms"),
        "campaign_id": campaign.campaign_id,
        "launched_on": campaign.launched_on,
        "channel": "sms",
        "member_id": member.member_id,
        "member_version": member.version,
        "branch": "gwynedd",
        "expires_at": campaign.expires_at,
        "urgent": campaign.urgent,
    }
    return DeliveryRequested(**(values | fields))
