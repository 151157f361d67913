"""The staff that campaigns may be sent to as a test, over HTTP."""

from collections.abc import Sequence
from typing import Annotated

from chassis.http.auth import Caller, needs
from chassis.http.problems import given, problems
from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from segmenter.domain.campaigns.test_staff import StaffMember
from segmenter.routes.parameters import MemberPath
from segmenter.service.campaigns.test_staff import TestStaff

router = APIRouter(prefix="/test-staff", tags=["campaigns"])
Service = Annotated[TestStaff, Depends(given(TestStaff))]
Reader = Annotated[Caller, Depends(needs("campaigns:read"))]
Writer = Annotated[Caller, Depends(needs("staff:write"))]


class StaffList(BaseModel):
    """Who may be sent a test."""

    items: Sequence[StaffMember] = Field(description="The members, in the order they were put on the list.")


@router.get("")
async def list_test_staff(caller: Reader, service: Service) -> StaffList:
    """Who may be sent a test."""
    return StaffList(items=await service.all(caller))


@router.put("/{member_id}", status_code=204, responses=problems(404))
async def add_test_staff(member_id: MemberPath, caller: Writer, service: Service) -> None:
    """Put a member on the list."""
    await service.add(caller, member_id)


@router.delete("/{member_id}", status_code=204)
async def remove_test_staff(member_id: MemberPath, caller: Writer, service: Service) -> None:
    """Take a member off the list; also one who is not on it."""
    await service.remove(caller, member_id)
