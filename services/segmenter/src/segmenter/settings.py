"""What the segmenter reads from its environment."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from chassis.default_rates import MAILS_A_SECOND, TEXT_PARTS_A_SECOND, SenderRates
from chassis.settings import ServiceSettings
from pydantic import Field
from segmenter.domain.audience_plan import FatigueCap
from segmenter.domain.campaigns.definition import CampaignDefinition
from segmenter.domain.campaigns.summary import GrowthTolerance, Tariff


class Settings(SenderRates, ServiceSettings):
    """The shared settings, and the segmenter's own."""

    service: ClassVar[str] = "segmenter"

    approval_above: int = Field(default=1000, ge=0)
    """Recipients; a larger campaign must be approved by a person who wrote no version of it."""
    summary_minutes: int = Field(default=60, ge=1)
    """For how long a summary may be confirmed."""
    summary_batch: int = Field(default=2000, ge=1, le=10_000)
    """Groups of members who read the same, rendered at a time; what a summary holds of its audience in memory."""
    audience_growth: float = Field(default=0.02, ge=0)
    """How much larger than its summary an audience may be at launch, as a share; a smaller growth than
    `audience_growth_members` passes too."""
    audience_growth_members: int = Field(default=5, ge=0)
    late_start_seconds: float = Field(default=60.0, ge=0)
    """From when on a campaign that started by itself says that it was late."""
    sms_rate_per_second: float = Field(default=TEXT_PARTS_A_SECOND, gt=0)
    """Text parts. Each rate is set like its dispatcher's: a summary computes from it how long a campaign takes."""
    email_rate_per_second: float = Field(default=MAILS_A_SECOND, gt=0)
    sms_price_per_part: Decimal = Decimal("0.04")
    email_price: Decimal = Decimal("0.001")
    currency: str = "GBP"
    dispatch_sms_url: str = ""
    """Addresses of the dispatchers, which a stop is given to directly."""
    dispatch_email_url: str = ""
    dispatcher_timeout_seconds: float = Field(default=8.0, gt=0)
    """How long a stop waits for their confirmations; a dispatcher itself waits 5 s for open claims."""
    ballot_url: str = ""
    """Where poll links lead; used for the exact length of a text only."""
    fanout_chunk: int = Field(default=1000, ge=1, le=10_000)
    fanout_shard: int = Field(default=5000, ge=1)
    """Members a shard; replicas take shards."""
    fanout_workers: int = Field(default=2, ge=1, le=16)
    poll_seconds: float = Field(default=1.0, gt=0)
    """How often a replica looks for work that another one made; its own it does at once."""
    completion_seconds: float = Field(default=1.0, gt=0)
    poll_patience_seconds: float = Field(default=5.0, ge=0)
    """How long a new campaign waits for its poll to arrive in the projection."""
    quarantine_minutes: float = Field(default=10.0, gt=0)
    """After which a campaign that failed is tried again."""
    bounce_minutes: float = Field(default=60.0, ge=0)
    """How long an accepted e-mail may still bounce to the next channel before it counts as done."""

    tests_per_hour: int = Field(default=30, ge=1)
    """Test sends of the whole union; each goes to 20 people at most."""
    fatigue_messages: int = Field(default=0, ge=0)
    """A member who got so many in `fatigue_days` is left out of what is not urgent; 0 switches the cap off."""
    fatigue_days: float = Field(default=7.0, gt=0)

    campaign_days: float = Field(default=400, ge=31)
    """How long a campaign is kept after its end, with its audience; see docs/retention.md for this and the next."""
    union_event_days: float = Field(default=180, ge=14)

    def fatigue_cap(self, definition: CampaignDefinition, now: datetime) -> FatigueCap | None:
        """The contact-fatigue cap on a campaign."""
        return FatigueCap.of(definition, now, most=self.fatigue_messages, days=self.fatigue_days)

    @property
    def dispatcher_urls(self) -> dict[str, str]:
        """Addresses by dispatcher."""
        return {"dispatch-sms": self.dispatch_sms_url, "dispatch-email": self.dispatch_email_url}

    @property
    def growth_tolerance(self) -> GrowthTolerance:
        """How much an audience may grow after its summary."""
        return GrowthTolerance(self.audience_growth_members, self.audience_growth)

    @property
    def tariff(self) -> Tariff:
        """Prices and rates."""
        return Tariff(
            sms_part=self.sms_price_per_part,
            email=self.email_price,
            currency=self.currency,
            sms_rate=self.sms_rate_per_second,
            email_rate=self.email_rate_per_second,
            sender_rate=self.rate_of,
        )
