"""What ballot stores about one member."""

from typing import Annotated

from ballot.routes.schemas.fields import MemberPath
from ballot.routes.schemas.members import MemberHistory
from ballot.service.members import Members
from chassis.http.auth import Caller, needs
from chassis.http.paging import Before, Limit, following
from chassis.http.problems import given
from fastapi import APIRouter, Depends

router = APIRouter(tags=["members"])


@router.get("/members/{member_id}/history", response_model_exclude_none=True)
async def get_member_history(
    member_id: MemberPath,
    members: Annotated[Members, Depends(given(Members))],
    caller: Annotated[Caller, Depends(needs("history:read"))],
    before: Before = None,
    limit: Limit = 200,
) -> MemberHistory:
    """The latest of what is stored about a member here; `withheld` says why an entry names no poll."""
    found = await members.history(caller, member_id, before, limit)
    following_page = following(found, limit, lambda entry: entry.at)
    return MemberHistory(member_id=member_id, entries=found[::-1], next=following_page)
