"""One member's campaigns and deliveries over HTTP."""

from collections.abc import Sequence
from typing import Annotated

from chassis.http.auth import Caller, needs
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


@router.get("/{member_id}/history", responses=problems(404))
async def get_member_history(member_id: MemberPath, caller: Reader, service: Service) -> MemberHistory:
    """The campaigns a member was planned in: why, the consents relied on, and what was asked for."""
    return MemberHistory(member_id=member_id, entries=await service.of(caller, member_id))
