"""What is known when a delivery is about to be claimed."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from contracts.campaigns import CampaignEvent
from contracts.enums import MemberStatus


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
    branch: str | None = None
    region: str | None = None
    """Where the segmenter addresses the member."""
    merge: dict[str, str] = field(default_factory=dict)
    suspect: bool = False
    """It may have gone already, by a ledger that was lost: it is looked for before it is sent."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A member's latest word on this channel for one purpose."""

    consent_id: UUID
    granted: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """A membership: ids of the bodies from the member's own up to the union, from a day to a day, both included."""

    path: tuple[str, ...]
    since: date
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        """Begun, and not ended."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Contact:
    """A member as this channel needs them. Erased: only the id and the version are left."""

    member_id: UUID
    version: int
    erased: bool = False
    status: str = MemberStatus.ACTIVE
    given_name: str = ""
    family_name: str = ""
    language: str = ""
    time_zone: str = ""
    address: str | None = None
    address_hash: str | None = None
    usable: bool = True
    """False: a landline cannot be texted."""
    consents: dict[str, Grant] = field(default_factory=dict)
    places: tuple[Place, ...] = ()
    """The member's memberships, those that have ended or not begun among them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the gate asks about one delivery."""

    due: Due
    contact: Contact | None
    campaign: CampaignEvent | None
    stopped: bool = False
    """The union-wide stop."""
    suppressed_since: datetime | None = None
    address_bad: bool = False
    """The provider has called the address bad."""
    took_part: bool = False
    unreadable: Exception | None = None
    """What reading the stored contact or campaign raised; whichever it was is None here."""
