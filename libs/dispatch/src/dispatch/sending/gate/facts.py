"""What is known when a delivery is about to be claimed."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from contracts.events.campaigns import CampaignEvent
from dispatch.projection.contact import Contact


@dataclass(frozen=True, slots=True)
class Due:
    """A waiting row of the ledger."""

    delivery_id: UUID
    month: date
    campaign_id: UUID
    step: int
    member_id: UUID
    member_version: int
    expires_at: datetime
    admitted_at: datetime
    gen: int
    sender: str = ""
    """In whose order it was placed."""
    urgent: bool = False
    branch: str | None = None
    region: str | None = None
    """Where the segmenter addresses the member."""
    merge: dict[str, str] = field(default_factory=dict)
    suspect: bool = False
    """It may have gone already, by a ledger that was lost: it is looked for before it is sent."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the gate asks about one delivery."""

    due: Due
    contact: Contact | None
    campaign: CampaignEvent | None
    stopped: bool = False
    """A stop of this campaign."""
    suppressed_since: datetime | None = None
    on_hold: bool = False
    """A stop was asked for in other words than a keyword, and nobody has decided yet."""
    address_bad: bool = False
    """The provider has called the address bad."""
    took_part: bool = False
    members_applied: datetime | None = None
    campaigns_applied: datetime | None = None
    """When the topic was last known to be applied to its end."""
    unreadable: Exception | None = None
    """What reading the stored contact or campaign raised; whichever it was is None here."""
