"""The staff that campaigns are tried out on, over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from fastapi import APIRouter, Depends
from segmenter.service.staff import TestStaff

router = APIRouter(prefix="/test-staff", tags=["campaigns"])
Service = Annotated[TestStaff, Depends(given(TestStaff))]
Reader = Annotated[Caller, Depends(needs("campaigns:read"))]
Keeper = Annotated[Caller, Depends(needs("staff:write"))]


@router.get("")
async def list_staff(caller: Reader, service: Service) -> dict[str, Any]:
    """Who may be sent a test."""
    return {"items": [dict(row._mapping) for row in await service.listed(caller)]}


@router.put("/{member_id}", status_code=204)
async def name_staff(member_id: UUID, caller: Keeper, service: Service) -> None:
    """Put a member on the list."""
    await service.name(caller, member_id)


@router.delete("/{member_id}", status_code=204)
async def drop_staff(member_id: UUID, caller: Keeper, service: Service) -> None:
    """Take a member off the list; also one who is not on it."""
    await service.drop(caller, member_id)
