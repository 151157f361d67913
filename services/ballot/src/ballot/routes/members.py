"""What ballot stores about one member."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ballot.routes.schemas import fields
from ballot.routes.schemas.fields import MemberPath
from ballot.service.members import Members
from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

router = APIRouter(tags=["members"])


class HistoryEntry(BaseModel):
    """One thing stored about a member. Fields that do not apply are absent."""

    model_config = ConfigDict(from_attributes=True)

    service: Literal["ballot"] = Field(default="ballot", description="The service that stores it.")
    at: datetime = Field(description="When it happened.", examples=["2026-03-03T10:00:00Z"])
    what: Literal["answer", "on_roll", "participation"] = Field(
        description="An answer, the roll of a poll, or what was published about taking part.", examples=["answer"]
    )
    poll_id: UUID | None = Field(default=None, description="Id of the poll.")
    title: str | None = Field(default=None, description="Title of the poll.", examples=["Have you voted?"])
    channel: str | None = Field(default=None, description="How the answer came: sms or link.", examples=["sms"])
    status: str | None = Field(default=None, description="The answer's status, such as counted.", examples=["counted"])
    option: str | None = Field(default=None, description="Key of the chosen option.", examples=["voted"])
    campaign_id: UUID | None = Field(default=None, description="The campaign that was answered, where known.")
    delivery_id: UUID | None = Field(default=None, description="The message that was answered, where known.")
    effect: str | None = Field(default=None, description="The published effect, such as voted.", examples=["voted"])
    withheld: str | None = Field(
        default=None,
        description="Why poll, title and option are absent: the token lacks the scope segments:sensitive.",
        examples=["a sensitive campaign asks this poll; the token lacks the scope segments:sensitive"],
    )


class MemberHistory(BaseModel):
    """What ballot stores about a member."""

    member_id: fields.MemberId
    entries: list[HistoryEntry] = Field(description="In order of time.")


@router.get("/members/{member_id}/history", response_model_exclude_none=True)
async def get_member_history(
    member_id: MemberPath,
    members: Annotated[Members, Depends(given(Members))],
    caller: Annotated[Caller, Depends(needs("history:read"))],
) -> MemberHistory:
    """What is stored about a member here; `withheld` says why an entry names no poll."""
    entries = await members.history(caller, member_id)
    return MemberHistory(member_id=member_id, entries=[HistoryEntry.model_validate(entry) for entry in entries])
