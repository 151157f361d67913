"""One member's campaigns and deliveries over HTTP."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from chassis.http.auth import Caller, needs
from chassis.http.problems import given, problems
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from segmenter.domain.member_history import UsedConsent
from segmenter.domain.segments.explanation import Explanation
from segmenter.routes.schemas.fields import CampaignId, MemberId, MemberPath, Time
from segmenter.service import member_history

router = APIRouter(prefix="/members", tags=["history"])
Service = Annotated[member_history.MemberHistory, Depends(given(member_history.MemberHistory))]
Reader = Annotated[Caller, Depends(needs("history:read"))]


class _FromAttributes(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class HistoryDelivery(_FromAttributes):
    """A delivery that was asked for."""

    delivery_id: UUID = Field(description="Id of the delivery.", examples=["a3c5d7e9-1b2c-5d4e-8f6a-7b8c9d0e1f2a"])
    step: int = Field(description="1 for the first message; one more for each next channel.", examples=[1])
    channel: str = Field(description="The channel.", examples=["sms"])
    status: str = Field(description="The last status that the dispatcher published.", examples=["delivered"])
    reason: str = Field(description="Why it was skipped or failed; else empty.", examples=[""])
    rev: int = Field(description="Rises with every change of status; 0 before the first.", examples=[3])
    at: Time


class HistoryEntry(_FromAttributes):
    """A campaign that the member was in the frozen audience of."""

    what: Literal["planned"] = Field(default="planned", description="Always planned.", examples=["planned"])
    at: Time
    audience_at: datetime = Field(description="When the audience was frozen.", examples=["2026-05-01T09:00:00Z"])
    campaign_id: CampaignId
    name: str | None = Field(description="The campaign's name; null where withheld.", examples=["Strike ballot"])
    purpose: str = Field(description="What it was for.", examples=["campaign"])
    state: str = Field(description="The campaign's state now.", examples=["completed"])
    launched_on: date | None = Field(description="Day of the launch in UTC.", examples=["2026-05-01"])
    test: bool = Field(description="Whether it was a test send.", examples=[False])
    rule: Explanation | None = Field(
        description="Why the member was in it, as it was then; null once erased, or where withheld."
    )
    skip_reason: str | None = Field(description="Why the member was left out; null if not.", examples=[None])
    consents: list[UsedConsent] = Field(description="The consents relied on.")
    deliveries: list[HistoryDelivery] = Field(description="What was asked for.")
    withheld: str | None = Field(description="Why name and rule are not shown; null if they are.", examples=[None])


class MemberHistory(BaseModel):
    """A member's campaigns."""

    member_id: MemberId
    entries: list[HistoryEntry] = Field(description="The campaigns, the latest first.")


@router.get("/{member_id}/history", responses=problems(404))
async def get_member_history(member_id: MemberPath, caller: Reader, service: Service) -> MemberHistory:
    """The campaigns a member was planned in: why, the consents relied on, and what was asked for."""
    entries = [HistoryEntry.model_validate(entry) for entry in await service.of(caller, member_id)]
    return MemberHistory(member_id=member_id, entries=entries)
