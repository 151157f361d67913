"""History of a member."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from chassis.http.auth import Caller, needs
from chassis.http.paging import NEXT, Before, Limit
from chassis.http.problems import given, problems
from fastapi import APIRouter, Depends
from members.domain.history import HistoryEntry
from members.routes.members import MemberId
from members.service.history import History
from pydantic import BaseModel, Field

router = APIRouter(tags=["history"])
Service = Annotated[History, Depends(given(History))]
Reader = Annotated[Caller, Depends(needs("history:read"))]


class MemberHistory(BaseModel):
    """What happened to a member, in every service."""

    member_id: UUID = Field(description="Id of the member", examples=["5f8f2f52-7a86-4a26-9a4c-6a6f5b0c8f5d"])
    entries: list[HistoryEntry] = Field(description="The latest before `before`, in order of time")
    next: datetime | None = Field(description=NEXT, examples=["2026-03-02T18:00:00Z"])
    missing: list[str] = Field(description="Services that did not answer in time", examples=[["ballot"]])


@router.get("/members/{member_id}/history", responses=problems(404))
async def get_member_history(
    histories: Service, caller: Reader, member_id: MemberId, before: Before = None, limit: Limit = 200
) -> MemberHistory:
    """The latest entries of this service and the others, as far as the caller's token may see them."""
    page, missing = await histories.of_member(member_id, caller, before, limit)
    return MemberHistory(member_id=member_id, entries=list(page.entries), next=page.next, missing=missing)
