"""What ballot stores about one member."""

from typing import Annotated

from ballot.routes.schemas.fields import MemberPath
from ballot.routes.schemas.members import MemberHistory
from ballot.service.members import Members
from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from fastapi import APIRouter, Depends

router = APIRouter(tags=["members"])


@router.get("/members/{member_id}/history", response_model_exclude_none=True)
async def get_member_history(
    member_id: MemberPath,
    members: Annotated[Members, Depends(given(Members))],
    caller: Annotated[Caller, Depends(needs("history:read"))],
) -> MemberHistory:
    """What is stored about a member here; `withheld` says why an entry names no poll."""
    return MemberHistory(member_id=member_id, entries=await members.history(caller, member_id))
