"""A campaign as far as it may be shown."""

from datetime import date
from typing import Any
from uuid import UUID

from contracts.enums import CampaignState
from pydantic import Field
from segmenter.domain.campaigns.campaign import Campaign as StoredCampaign
from segmenter.domain.campaigns.definition import CampaignDefinition
from segmenter.domain.confirmations import CONFIRMATIONS, DispatcherConfirmation
from segmenter.domain.disclosure.progress import audience_size_is_shown
from segmenter.domain.disclosure.small_counts import shown_count
from segmenter.domain.fields import Actor, CampaignId, Time, Version


class Campaign(CampaignDefinition):
    """A stored campaign: its definition, and what was done to it."""

    campaign_id: CampaignId
    version: Version
    state: CampaignState = Field(description="Where it stands.", examples=["draft"])
    created_by: Actor
    created_at: Time
    updated_by: Actor
    approved_by: str | None = Field(description="Who approved this version; null until then.", examples=[None])
    approved_recipients: int | None = Field(examples=[1234])
    """Recipients in the summary that was approved; null until then, or where withheld."""
    launched_by: str | None = Field(description="Who launched it; null until then.", examples=[None])
    launched_on: date | None = Field(description="Day of the launch in UTC; null until then.", examples=[None])
    test_of: UUID | None = Field(description="On a test send: the campaign it is a test of.", examples=[None])
    audience_size: int | None = Field(examples=[1300])
    """Members of the frozen audience, skipped ones included; null until then, or where withheld."""
    scheduled: bool = Field(description="Whether its launch is confirmed for starts_at.", examples=[False])
    blocked_reason: str | None = Field(examples=[None])
    """Why its confirmed start was refused at its time, while it is blocked. It goes on by a new summary, approval and
    launch, or is cancelled."""
    late_seconds: int | None = Field(examples=[None])
    """Seconds by which it started later than `starts_at`; null where it did not."""
    quarantine_reason: str | None = Field(examples=[None])
    """What went wrong when it was worked on, while it is put aside; an operator sees to it."""
    sensitive: bool = Field(examples=[False])
    """Whether its rule asks for a special-category interest, itself or by what it builds on."""

    @classmethod
    def of(cls, campaign: StoredCampaign) -> "Campaign":
        """The campaign as it may be shown."""
        return cls.model_construct(**_shown(campaign))


class HaltedCampaign(Campaign):
    """A campaign that was paused or cancelled, and which dispatchers have confirmed it."""

    confirmations: list[DispatcherConfirmation] = CONFIRMATIONS

    @classmethod
    def confirmed(cls, campaign: StoredCampaign, confirmations: list[DispatcherConfirmation]) -> "HaltedCampaign":
        """The campaign as it may be shown, with the dispatchers' answers."""
        return cls.model_construct(**_shown(campaign), confirmations=confirmations)


def _shown(campaign: StoredCampaign) -> dict[str, Any]:
    approved, size, skips = campaign.approved_recipients, campaign.audience_size, campaign.planned_skips or {}
    is_frozen = campaign.frozen_at is not None
    hidden = campaign.sensitive and is_frozen and not audience_size_is_shown(size or 0, skips, approved)
    shown = {
        "approved_recipients": shown_count(approved, sensitive=campaign.sensitive),
        "audience_size": None if hidden else size,
        "scheduled": campaign.state is CampaignState.APPROVED and campaign.starts_at is not None,
    }
    return {**dict(campaign), **dict(campaign.definition), **shown}
