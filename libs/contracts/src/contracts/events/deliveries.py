"""Deliveries: one message to one member, as requested and as it turned out."""

from datetime import date
from uuid import UUID

from contracts.event import Event
from pydantic import AwareDatetime, Field


class DeliveryRequested(Event, type="delivery.requested.v1"):
    """A member is to be sent a campaign's message. No contact data: dispatchers project members themselves."""

    delivery_id: UUID
    """Id of the delivery, derived from campaign, step, member and channel."""
    campaign_id: UUID
    """Id of the campaign."""
    launched_on: date
    """Day of the campaign's launch, in UTC."""
    step: int = 1
    """Step of the campaign; each step tries another channel."""
    variant: str = "a"
    """Variant of the content."""
    script_version: int = 1
    """Version of the content."""
    channel: str
    """sms or email."""
    member_id: UUID
    """Id of the member."""
    member_version: int = Field(ge=1)
    """Version of the member when the audience was frozen; the dispatcher waits until it has it."""
    branch: str | None = None
    """Id of the member's branch."""
    region: str | None = None
    """Id of the member's region."""
    urgent: bool = False
    """Sent before other deliveries."""
    expires_at: AwareDatetime
    """Not sent from then on."""
    merge: dict[str, str] = Field(default_factory=dict)
    """By merge field: values that are not contact data, such as the branch's name."""


class DeliveryEvent(Event):
    """What every delivery event says. No member id, name or address: members are pseudonyms."""

    delivery_id: UUID
    """Id of the delivery."""
    rev: int = Field(ge=1)
    """Rises with every change of this delivery; a higher one replaces a lower one."""
    status: str
    """accepted, delivered, undelivered, expired, rejected, skipped, in_doubt or held."""
    campaign_id: UUID
    """Id of the campaign."""
    step: int
    """Step of the campaign; each step tries another channel."""
    variant: str
    """Variant of the content."""
    script_version: int
    """Version of the content."""
    channel: str
    """sms or email."""
    pseudonym: str
    """The member, as 32 hex digits of an HMAC of their id; the same for all their deliveries under one key."""
    pseudonym_key: str
    """Id of the key under which the pseudonym was made."""
    branch: str | None = None
    """Id of the member's branch."""
    region: str | None = None
    """Id of the member's region."""
    urgent: bool = False
    """Sent before other deliveries."""
    attempts: int = 0
    """How often the provider was called."""
    at: AwareDatetime
    """When the delivery changed, by the dispatcher's clock."""
    test: bool = False
    """A test send to named staff: leave it out of every count."""


class DeliveryAccepted(DeliveryEvent, type="delivery.accepted.v1"):
    """The provider accepted the message; the member may not have it yet."""

    provider_reference: str = ""
    """The provider's id of the message."""
    parts: int = 1
    """Text parts that are billed; 1 for email."""
    encoding: str = ""
    """GSM-7 or UCS-2; empty for email."""


class DeliveryDelivered(DeliveryEvent, type="delivery.delivered.v1"):
    """The provider reports that the message arrived."""

    provider_reference: str = ""
    """The provider's id of the message."""


class DeliveryFailed(DeliveryEvent, type="delivery.failed.v1"):
    """It did not arrive; `status` is rejected (at once), undelivered (later) or expired (no receipt came)."""

    code: str = ""
    """The provider's error code."""
    reason: str = ""
    """Why, in plain words."""
    address_bad: bool = False
    """The address itself is at fault; another channel may be tried."""


class DeliverySkipped(DeliveryEvent, type="delivery.skipped.v1"):
    """Nothing was sent, because a check before sending refused."""

    reason: str
    """Which check, such as no_consent, suppressed or expired."""


class DeliveryInDoubt(DeliveryEvent, type="delivery.in_doubt.v1"):
    """It is not known yet whether the message was sent; `status` held: a person decides."""
