"""Requests and answers of a dispatcher's routes."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from chassis.http.paging import NEXT
from dispatch.ledger.states import State
from dispatch.operations.address_holds import HoldDecision
from dispatch.operations.operations import Decision
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel

_ID = "018f3c1e-7b1a-7c44-9d52-6a2f0c9e4b10"
DeliveryId = Annotated[UUID, Field(description="Id of the delivery", examples=[_ID])]
CampaignId = Annotated[UUID, Field(description="Id of the campaign", examples=[_ID])]
MemberId = Annotated[UUID, Field(description="Id of the member", examples=[_ID])]
HoldId = Annotated[UUID, Field(description="Id of the hold", examples=[_ID])]
Status = Annotated[State, Field(description="Where the delivery stands")]
Step = Annotated[
    int, Field(description="Step of the campaign: 1 for the first message, 2 for what follows it", examples=[1])
]
Moment = Annotated[
    str,
    BeforeValidator(datetime.isoformat),
    Field(json_schema_extra={"format": "date-time"}, examples=["2026-03-02T18:00:00+00:00"]),
]


class Release(BaseModel):
    """What a person decides about a held delivery."""

    model_config = ConfigDict(extra="forbid")
    decision: Decision = Field(description="`resend`, or what the person found out: `accepted`, `rejected`")


class CampaignRelease(Release):
    """What a person decides about all that is held of a campaign."""

    campaign_id: CampaignId


class ReleasedDeliveries(BaseModel):
    """How much was decided."""

    deliveries: int = Field(description="How many were held", examples=[40])


class ReleasedDelivery(BaseModel):
    """Where the delivery stands now."""

    status: Status


class HeldDelivery(BaseModel):
    """A delivery that waits for a person."""

    model_config = ConfigDict(from_attributes=True)
    delivery_id: DeliveryId
    campaign_id: CampaignId
    step: Step
    member_id: MemberId
    branch: str | None = Field(description="The member's branch when it was asked for", examples=["leeds"])
    attempts: int = Field(validation_alias="gen", description="How often it was given to the provider", examples=[1])
    reason: str = Field(description="Why it could not be found out", examples=["timeout"])


class HeldPage(BaseModel):
    """A page of held deliveries in order of id."""

    items: list[HeldDelivery] = Field(description="The deliveries")
    next: UUID | None = Field(None, description="`after` of the following page; null on the last", examples=[_ID])


class HeldAddress(BaseModel):
    """An address to which nothing is sent until a person has decided. The address itself is not shown."""

    model_config = ConfigDict(from_attributes=True)
    hold_id: HoldId
    since: datetime = Field(description="When the first text came", examples=["2026-03-02T18:00:00Z"])
    words: str = Field(
        description="What was written, the latest last; empty once the member is erased",
        examples=["take me off this list"],
    )
    members: list[UUID] = Field(description="Ids of the members with this address", examples=[[_ID]])


class HeldAddressPage(BaseModel):
    """A page of held addresses in order of the holds' ids."""

    items: list[HeldAddress] = Field(description="The addresses")
    next: UUID | None = Field(None, description="`after` of the following page; null on the last", examples=[_ID])


class AddressHoldDecision(BaseModel):
    """What a person took the text for."""

    model_config = ConfigDict(extra="forbid")
    decision: HoldDecision = Field(description="`stop`: nothing is sent there any more; `lift`: sending goes on")


class DeliveryCounts(RootModel[dict[str, int]]):
    """How many deliveries are in each state; a state without any is not named."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"accepted": 12, "delivered": 2040, "skipped": 3}]})


class PassedStatus(BaseModel):
    """A status that a delivery has passed."""

    model_config = ConfigDict(from_attributes=True)
    status: Status
    attempt: int = Field(
        validation_alias="gen", description="Number of the attempt it belongs to; 0 before the first", examples=[1]
    )
    at: Moment = Field(description="When it was reached")


class DeliveryEntry(BaseModel):
    """One delivery in a member's history."""

    model_config = ConfigDict(from_attributes=True)
    at: Moment = Field(description="When it reached its present status")
    what: Literal["delivery"] = Field("delivery", description="The kind of entry")
    delivery_id: DeliveryId
    campaign_id: CampaignId
    step: Step
    variant: str = Field(description="Which variant of the campaign's text", examples=["a"])
    script_version: int = Field(description="Version of the campaign's text", examples=[1])
    status: Status = Field(validation_alias="state")
    reason: str = Field(description="Why it was skipped, rejected or held; empty otherwise", examples=["no_consent"])
    code: str = Field(description="The provider's code for it, or who decided; may be empty", examples=["30003"])
    consent_id: UUID | None = Field(description="The consent that it relied on; null where none was needed")
    attempts: int = Field(validation_alias="gen", description="How often it was given to the provider", examples=[1])
    waiting_for: str | None = Field(description="What it waits for before it is sent", examples=["quiet_hours"])
    passed: list[PassedStatus] = Field(
        description="Statuses in order; of very many attempts in vain only the first and the last"
    )


class DeliveryHistory(BaseModel):
    """What this service knows of a member's past."""

    member_id: MemberId
    service: str = Field(description="The dispatcher that answers", examples=["dispatch-sms"])
    entries: list[DeliveryEntry] = Field(
        description="The deliveries whose present status is the latest before `before`, in order of time"
    )
    next: datetime | None = Field(description=NEXT, examples=["2026-03-02T18:00:00Z"])
