"""What happened to a member, everywhere."""

from typing import Annotated, Any
from uuid import UUID

from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from fastapi import APIRouter, Depends
from members.service.history import History

router = APIRouter(tags=["history"])
Service = Annotated[History, Depends(given(History))]
Reader = Annotated[Caller, Depends(needs("history:read"))]


@router.get("/members/{member_id}/history")
async def history(histories: Service, caller: Reader, member_id: UUID) -> dict[str, Any]:
    """Entries of this and the other services in order of time; `missing` names those that did not answer in time."""
    entries, missing = await histories.of(member_id, caller)
    return {"member_id": member_id, "entries": entries, "missing": missing}
