"""What has to be known to decide for each member whether and where they are written to."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from segmenter.domain.campaigns.definition import CampaignDefinition
from segmenter.domain.segments.rules import Rule


@dataclass(frozen=True, slots=True)
class FatigueCap:
    """The cap on what one member gets, over all channels and campaigns: fewer than `most` since a moment."""

    most: int
    since: datetime
    now: datetime

    @classmethod
    def of(cls, definition: CampaignDefinition, now: datetime, *, most: int, days: float) -> "FatigueCap | None":
        """The cap on a campaign; what is urgent passes it, and `most` 0 switches it off."""
        if not most or definition.urgent:
            return None
        return cls(most, now - timedelta(days=days), now)


@dataclass(frozen=True, slots=True)
class AudiencePlan:
    """A campaign's question to the projection, on one day: which of the members whom `rule` selects."""

    definition: CampaignDefinition
    rule: Rule
    today: date
    fatigue: FatigueCap | None = None
