"""A stored campaign."""

from datetime import date, datetime
from uuid import UUID

from contracts.enums import CampaignState
from pydantic import BaseModel, ConfigDict
from segmenter.domain.campaigns.definition import CampaignDefinition
from segmenter.domain.campaigns.summary import KeptSummary
from segmenter.domain.segments.rules import Rule


class Campaign(BaseModel):
    """A campaign at one version."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
    campaign_id: UUID
    version: int
    state: CampaignState
    definition: CampaignDefinition
    created_by: str
    created_at: datetime
    updated_by: str
    updated_at: datetime
    authors: list[str]
    """Everybody who wrote a version of it: none of them is the second person who approves it."""
    sensitive: bool
    """Its rule asks for a sensitive interest, itself or by what it builds on."""
    test_of: UUID | None = None
    """The campaign that this one is a test send of."""
    summary: KeptSummary | None = None
    """The last one computed."""
    rule: Rule | None = None
    """Its segment's rule, from its approval on."""
    approved_by: str | None = None
    approved_recipients: int | None = None
    starts_at: datetime | None = None
    """Set when a launch was confirmed for later."""
    blocked_reason: str | None = None
    """Why its confirmed start was refused at its time; until it is approved again or edited."""
    late_seconds: int | None = None
    """How much later than `starts_at` it started by itself, if it was late."""
    quarantine_reason: str | None = None
    """What went wrong when a background step worked on it; it is left alone meanwhile."""
    launched_by: str | None = None
    launched_on: date | None = None
    frozen_at: datetime | None = None
    audience_size: int | None = None
    planned_skips: dict[str, int] | None = None
    """Members of the frozen audience who are left out, by reason."""
    traceparent: str | None = None
    """Of the request that launched it; the fan-out goes on with that trace."""

    @classmethod
    def drafted(
        cls, campaign_id: UUID, definition: CampaignDefinition, *, by: str, at: datetime, sensitive: bool
    ) -> "Campaign":
        """The first version of a campaign."""
        return cls(
            campaign_id=campaign_id,
            version=1,
            state=CampaignState.DRAFT,
            definition=definition,
            created_by=by,
            created_at=at,
            updated_by=by,
            updated_at=at,
            authors=[by],
            sensitive=sensitive,
        )
