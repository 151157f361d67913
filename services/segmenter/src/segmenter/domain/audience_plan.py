"""What has to be known to decide for each member whether and where they are written to."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from contracts.enums import Channel, Purpose
from segmenter.domain.campaigns.definition import CampaignDefinition
from segmenter.domain.campaigns.rendering import request_fields
from segmenter.domain.segments.rules import Rule


@dataclass(frozen=True, slots=True)
class FatigueCap:
    """The cap on what one member gets, over all channels and campaigns: fewer than `most` since a moment."""

    most: int
    since: datetime

    @classmethod
    def of(cls, definition: CampaignDefinition, now: datetime, *, most: int, days: float) -> "FatigueCap | None":
        """The cap on a campaign; what is urgent or an emergency passes it, and `most` 0 switches it off."""
        if not most or definition.urgent or definition.purpose is Purpose.EMERGENCY:
            return None
        return cls(most, now - timedelta(days=days))


@dataclass(frozen=True, slots=True)
class AudiencePlan:
    """One campaign's question to the projection, on one day."""

    rule: Rule
    order: tuple[Channel, ...]
    all_channels: bool
    """All channels at once; else the first, and the next when it fails."""
    purpose: Purpose
    poll_id: UUID | None
    today: date
    merge: tuple[str, ...]
    body: str | None = None
    """The union body whose campaign it is: a member of several branches is addressed as a member of this one."""
    fatigue: FatigueCap | None = None

    @classmethod
    def of(
        cls, definition: CampaignDefinition, rule: Rule, today: date, fatigue: FatigueCap | None = None
    ) -> "AudiencePlan":
        """The plan of a campaign to the members whom `rule` selects."""
        return cls(
            rule=rule,
            order=definition.channels.order,
            all_channels=definition.channels.rule == "all",
            purpose=definition.purpose,
            poll_id=definition.poll_id,
            today=today,
            merge=request_fields(definition),
            body=definition.body,
            fatigue=fatigue,
        )
