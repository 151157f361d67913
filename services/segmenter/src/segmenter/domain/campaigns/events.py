"""Events of a campaign, as the segmenter publishes them: a full snapshot every time."""

from datetime import datetime

from contracts.campaigns import CampaignEvent, Content, Sender
from segmenter.domain.campaigns.campaign import Campaign

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


def campaign_event(kind: type[CampaignEvent], campaign: Campaign, poll_closes_at: datetime | None) -> CampaignEvent:
    """The event of this kind for a launched campaign."""
    definition = campaign.definition
    assert campaign.launched_on is not None
    return kind(
        campaign_id=campaign.campaign_id,
        version=campaign.version,
        state=campaign.state,
        content=tuple(Content.model_validate(content.model_dump()) for content in definition.content),
        senders=tuple(Sender.model_validate(sender.model_dump()) for sender in definition.senders),
        launched_on=campaign.launched_on,
        poll_closes_at=poll_closes_at,
        test_of=campaign.test_of,
        sensitive=campaign.sensitive,
        **{name: getattr(definition, name) for name in _COPIED},
    )
