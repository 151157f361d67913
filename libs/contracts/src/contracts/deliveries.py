"""One message to one member: asked for, and what became of it."""

from datetime import date
from uuid import UUID

from contracts.event import Event
from pydantic import AwareDatetime, Field


class DeliveryRequested(Event, type="delivery.requested.v1"):
    """The segmenter wants a member reached on a channel. No contact data: the dispatcher joins its own projection."""

    delivery_id: UUID
    campaign_id: UUID
    launched_on: date
    step: int = 1
    variant: str = "a"
    script_version: int = 1
    channel: str
    member_id: UUID
    member_version: int = Field(ge=1)
    branch: str | None = None
    region: str | None = None
    urgent: bool = False
    expires_at: AwareDatetime
    merge: dict[str, str] = Field(default_factory=dict)
    """Merge values that are not contact data, such as the branch's name."""


class DeliveryEvent(Event):
    """What analysts join on. Never a member id, a name or an address; `pseudonym` is an HMAC under `pseudonym_key`."""

    delivery_id: UUID
    rev: int = Field(ge=1)
    """Rises with every transition of this delivery."""
    status: str
    """The ledger's word: accepted, delivered, undelivered, expired, rejected, skipped, in_doubt, held."""
    campaign_id: UUID
    step: int
    variant: str
    script_version: int
    channel: str
    pseudonym: str
    pseudonym_key: str
    branch: str | None = None
    region: str | None = None
    urgent: bool = False
    attempts: int = 0
    at: AwareDatetime
    """When the ledger moved, by its own clock."""
    test: bool = False
    """A test send to named staff, to be left out of every count."""


class DeliveryAccepted(DeliveryEvent, type="delivery.accepted.v1"):
    """The provider took the message; the member may not have it yet."""

    provider_reference: str = ""
    parts: int = 1
    encoding: str = ""


class DeliveryDelivered(DeliveryEvent, type="delivery.delivered.v1"):
    """The provider says that it arrived."""

    provider_reference: str = ""


class DeliveryFailed(DeliveryEvent, type="delivery.failed.v1"):
    """It did not arrive: rejected at once, undelivered later, or expired without a receipt (`status` tells)."""

    code: str = ""
    reason: str = ""
    address_bad: bool = False
    """The address itself is at fault; another channel may be tried."""


class DeliverySkipped(DeliveryEvent, type="delivery.skipped.v1"):
    """The gate refused: nothing was sent."""

    reason: str


class DeliveryInDoubt(DeliveryEvent, type="delivery.in_doubt.v1"):
    """Nobody can tell yet whether it went; `status` held means that a person decides."""
