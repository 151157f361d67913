"""A campaign's life after its draft, over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from fastapi import APIRouter, Depends, Response
from pydantic import Field, StringConstraints
from segmenter.routes.campaigns import answer
from segmenter.routes.common import Body
from segmenter.service.launching import Launching
from segmenter.service.progress import Progress
from segmenter.service.summaries import Summaries
from segmenter.service.trying import MAX_STAFF, Trying

router = APIRouter(prefix="/campaigns/{campaign_id}", tags=["launching"])
Service = Annotated[Launching, Depends(given(Launching))]
Reader = Annotated[Caller, Depends(needs("campaigns:read"))]
Writer = Annotated[Caller, Depends(needs("campaigns:write"))]
Approver = Annotated[Caller, Depends(needs("campaigns:approve"))]
Tester = Annotated[Caller, Depends(needs("campaigns:test"))]
Launcher = Annotated[Caller, Depends(needs("campaigns:launch"))]
Tests = Annotated[Trying, Depends(given(Trying))]


class Confirmed(Body):
    """The hash of the summary that was read."""

    summary: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Trial(Body):
    """A test send under the caller's own id, to members of the test staff."""

    test_id: UUID
    member_ids: tuple[UUID, ...] = Field(min_length=1, max_length=MAX_STAFF)


@router.post("/summary")
async def summarise(
    campaign_id: UUID, caller: Writer, summaries: Annotated[Summaries, Depends(given(Summaries))]
) -> dict[str, Any]:
    """What a launch would do now, rendered and counted; it replaces the last one."""
    return await summaries.summarise(caller, campaign_id)


@router.get("/summary")
async def show_summary(
    campaign_id: UUID, caller: Reader, summaries: Annotated[Summaries, Depends(given(Summaries))]
) -> dict[str, Any]:
    """The last summary, as whoever approves or launches confirms it."""
    return await summaries.last(caller, campaign_id)


@router.post("/approve")
async def approve(
    campaign_id: UUID, body: Confirmed, caller: Approver, service: Service, response: Response
) -> dict[str, Any]:
    """Confirm a summary."""
    return answer(await service.approve(caller, campaign_id, body.summary), response)


@router.post("/launch")
async def launch(
    campaign_id: UUID, body: Confirmed, caller: Launcher, service: Service, response: Response
) -> dict[str, Any]:
    """Start, now or at `starts_at`."""
    return answer(await service.launch(caller, campaign_id, body.summary), response)


@router.post("/pause")
async def pause(campaign_id: UUID, caller: Launcher, service: Service, response: Response) -> dict[str, Any]:
    """Hold everything that is not sent yet."""
    return answer(await service.pause(caller, campaign_id), response)


@router.post("/resume")
async def resume(campaign_id: UUID, caller: Launcher, service: Service, response: Response) -> dict[str, Any]:
    """Go on."""
    return answer(await service.resume(caller, campaign_id), response)


@router.post("/cancel")
async def cancel(campaign_id: UUID, caller: Launcher, service: Service, response: Response) -> dict[str, Any]:
    """Stop for good."""
    return answer(await service.cancel(caller, campaign_id), response)


@router.post("/tests", status_code=202)
async def send_test(campaign_id: UUID, body: Trial, caller: Tester, tests: Tests) -> dict[str, Any]:
    """Send it to staff first: real deliveries, counted apart. The same `test_id` again gives the same answer."""
    test = await tests.send(caller, campaign_id, body.test_id, body.member_ids)
    return {"campaign_id": test.campaign_id, "test_of": campaign_id, "recipients": test.approved_recipients}


@router.get("/tests")
async def list_tests(
    campaign_id: UUID, caller: Reader, tests: Tests, progress: Annotated[Progress, Depends(given(Progress))]
) -> dict[str, Any]:
    """The tests so far, each with its progress."""
    found = await tests.tests(caller, campaign_id)
    return {"items": [await progress.of(caller, row.campaign_id) for row in found]}
