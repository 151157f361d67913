"""One member's campaigns and deliveries over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from chassis.http.auth import Caller, needs
from chassis.http.paging import NEXT, Before, Limit, following
from chassis.http.problems import given, problems
from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from segmenter.domain.fields import MemberId
from segmenter.domain.member_history import HistoryEntry
from segmenter.routes.parameters import MemberPath
from segmenter.service import member_history

router = APIRouter(prefix="/members", tags=["history"])
Service = Annotated[member_history.MemberHistory, Depends(given(member_history.MemberHistory))]
Reader = Annotated[Caller, Depends(needs("history:read"))]


class MemberHistory(BaseModel):
    """A member's campaigns."""

    member_id: MemberId
    entries: Sequence[HistoryEntry] = Field(description="The campaigns, the latest first.")
    next: datetime | None = Field(description=NEXT, examples=["2026-05-01T09:00:00Z"])


@router.get("/{member_id}/history", responses=problems(404))
async def get_member_history(
    member_id: MemberPath, caller: Reader, service: Service, before: Before = None, limit: Limit = 200
) -> MemberHistory:
    """The campaigns a member was planned in: why, the consents relied on, and what was asked for."""
    entries = await service.of(caller, member_id, before, limit)
    return MemberHistory(member_id=member_id, entries=entries, next=following(entries, limit, lambda entry: entry.at))
