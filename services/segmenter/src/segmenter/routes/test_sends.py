"""Test sends of a campaign, and the staff that they may go to, over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from chassis.http.auth import Caller, needs
from chassis.http.paging import NEXT, Before, following
from chassis.http.problems import given, problems
from fastapi import APIRouter, Depends, Query
from pydantic import Field
from segmenter.domain.campaigns.test_staff import StaffMember
from segmenter.domain.disclosure.progress import Progress
from segmenter.domain.fields import MEMBER, CampaignId, RequestModel, ResponseModel
from segmenter.routes.parameters import CampaignPath, Limit, MemberPath
from segmenter.service.campaigns.test_sends import MAX_RECIPIENTS, TestSends, TestStaff
from segmenter.service.progress import CampaignProgress

router = APIRouter(prefix="/campaigns/{campaign_id}/tests", tags=["launch"])
staff_router = APIRouter(prefix="/test-staff", tags=["campaigns"])
Service = Annotated[TestSends, Depends(given(TestSends))]
ProgressService = Annotated[CampaignProgress, Depends(given(CampaignProgress))]
Reader = Annotated[Caller, Depends(needs("campaigns:read"))]
Tester = Annotated[Caller, Depends(needs("campaigns:test"))]
StaffService = Annotated[TestStaff, Depends(given(TestStaff))]
StaffAfter = Annotated[UUID | None, Query(description="`next` of the page before.", examples=[MEMBER])]
TestLimit = Annotated[int, Query(ge=1, le=50, description="At most so many test sends.", examples=[20])]
StaffWriter = Annotated[Caller, Depends(needs("staff:write"))]


class NewTestSend(RequestModel):
    """A test send to members of the test staff."""

    test_id: UUID = Field(examples=["e2c7a1f4-0b0a-4a5f-8a59-7b1d2c3e4f50"])
    """An id of the caller's own; the same one again sends nothing again."""
    member_ids: tuple[UUID, ...] = Field(
        min_length=1, max_length=MAX_RECIPIENTS, examples=[["5f6f3b0a-4a3b-4d6e-9d57-6a4f1f0f7c22"]]
    )
    """Members of the test staff."""


class TestSend(ResponseModel):
    """A test send under way; it is a campaign of its own."""

    campaign_id: CampaignId
    test_of: UUID = Field(examples=["7d0c1c62-1d5e-4a53-8a5e-0d3f0a4f2b10"])
    """The campaign that it is a test of."""
    recipients: int = Field(description="Members who are written to.", examples=[2])


class TestSendPage(ResponseModel):
    """Test sends of a campaign."""

    items: list[Progress] = Field(description="Their progress, the latest first.")
    next: datetime | None = Field(description=NEXT, examples=["2026-05-01T09:00:00Z"])


class StaffPage(ResponseModel):
    """Who may be sent a test."""

    items: Sequence[StaffMember] = Field(description="The members, in order of id.")
    next: UUID | None = Field(description="`after` of the following page; null on the last.", examples=[MEMBER])


@router.post("", status_code=202, responses=problems(404, 409, 429))
async def send_test(campaign_id: CampaignPath, test: NewTestSend, caller: Tester, service: Service) -> TestSend:
    """Send it to staff first: real deliveries, counted apart. The same `test_id` again gives the same answer."""
    sent = await service.send(caller, campaign_id, test.test_id, test.member_ids)
    return TestSend(campaign_id=sent.campaign_id, test_of=campaign_id, recipients=sent.approved_recipients or 0)


@router.get("", responses=problems(404))
async def list_test_sends(
    campaign_id: CampaignPath,
    caller: Reader,
    service: Service,
    progress: ProgressService,
    before: Before = None,
    limit: TestLimit = 20,
) -> TestSendPage:
    """The test sends so far, each with its progress."""
    tests = await service.of(caller, campaign_id, before, limit)
    items = [Progress.of(await progress.of(caller, test.campaign_id)) for test in tests]
    return TestSendPage(items=items, next=following(tests, limit, lambda test: test.created_at))


@staff_router.get("")
async def list_test_staff(
    caller: Reader, service: StaffService, after: StaffAfter = None, limit: Limit = 50
) -> StaffPage:
    """Who may be sent a test."""
    items = await service.page(caller, after, limit)
    return StaffPage(items=items, next=items[-1].member_id if len(items) == limit else None)


@staff_router.put("/{member_id}", status_code=204, responses=problems(404))
async def add_test_staff(member_id: MemberPath, caller: StaffWriter, service: StaffService) -> None:
    """Put a member on the list."""
    await service.add(caller, member_id)


@staff_router.delete("/{member_id}", status_code=204)
async def remove_test_staff(member_id: MemberPath, caller: StaffWriter, service: StaffService) -> None:
    """Take a member off the list; also one who is not on it."""
    await service.remove(caller, member_id)
