"""A campaign as everybody else hears of it: a full snapshot every time."""

from datetime import datetime
from typing import Any

from contracts.campaigns import CampaignEvent, Content, Sender
from segmenter.domain.campaign import Definition

_COPIED = (
    "name",
    "purpose",
    "step",
    "variant",
    "script_version",
    "fallbacks",
    "default_language",
    "expires_at",
    "urgent",
    "passes_quiet_hours",
    "quiet_hours_reason",
    "one_per_member",
    "in_doubt_policy",
    "poll_id",
)


def snapshot(kind: type[CampaignEvent], campaign: Any, poll_closes_at: datetime | None) -> CampaignEvent:
    """The event of this kind; `campaign` is its row."""
    definition = Definition.model_validate(campaign.definition)
    return kind(
        campaign_id=campaign.campaign_id,
        version=campaign.version,
        state=campaign.state,
        content=tuple(Content.model_validate(said.model_dump()) for said in definition.content),
        senders=tuple(Sender.model_validate(sender.model_dump()) for sender in definition.senders),
        launched_on=campaign.launched_on,
        poll_closes_at=poll_closes_at,
        test_of=campaign.test_of,
        sensitive=campaign.sensitive,
        **{name: getattr(definition, name) for name in _COPIED},
    )
