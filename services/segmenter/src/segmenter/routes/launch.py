"""A campaign summed up, approved, launched, paused, resumed and cancelled, over HTTP."""

from typing import Annotated

from chassis.http.auth import Caller, needs
from chassis.http.problems import given, problems, response_headers
from fastapi import APIRouter, Depends, Response
from pydantic import Field, StringConstraints
from segmenter.domain.campaigns.summary import HASH
from segmenter.domain.campaigns.transitions import Action
from segmenter.domain.disclosure.campaign import Campaign, HaltedCampaign
from segmenter.domain.disclosure.summary import Summary
from segmenter.domain.fields import RequestModel
from segmenter.routes.parameters import CampaignPath, tagged
from segmenter.service.campaigns.launch import Launch
from segmenter.service.campaigns.summaries import Summaries
from segmenter.service.campaigns.transitions import Transitions

router = APIRouter(prefix="/campaigns/{campaign_id}", tags=["launch"])
SummaryService = Annotated[Summaries, Depends(given(Summaries))]
LaunchService = Annotated[Launch, Depends(given(Launch))]
TransitionService = Annotated[Transitions, Depends(given(Transitions))]
_ETAG = response_headers(200, "ETag")
Reader = Annotated[Caller, Depends(needs("campaigns:read"))]
Writer = Annotated[Caller, Depends(needs("campaigns:write"))]
Approver = Annotated[Caller, Depends(needs("campaigns:approve"))]
Launcher = Annotated[Caller, Depends(needs("campaigns:launch"))]


class Confirmation(RequestModel):
    """The summary that was read, and is confirmed."""

    summary: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(examples=[HASH])
    """The summary's `hash`."""


class LaunchConfirmation(Confirmation):
    """The same, and when the campaign starts."""

    now: bool = Field(default=False, examples=[False])
    """Start at once, whatever `starts_at` says; needed when that has passed."""


@router.post("/summary", responses=problems(404, 409))
async def compute_summary(campaign_id: CampaignPath, caller: Writer, service: SummaryService) -> Summary:
    """What a launch would do now, rendered and counted; it replaces the last one."""
    return Summary.of(await service.compute(caller, campaign_id))


@router.get("/summary", responses=problems(404))
async def get_summary(campaign_id: CampaignPath, caller: Reader, service: SummaryService) -> Summary:
    """The last summary, as whoever approves or launches confirms it."""
    return Summary.of(await service.last(caller, campaign_id))


@router.post("/approve", responses=_ETAG | problems(404, 409, 412))
async def approve_campaign(
    campaign_id: CampaignPath, confirmation: Confirmation, caller: Approver, service: LaunchService, response: Response
) -> Campaign:
    """Confirm a summary."""
    return tagged(response, Campaign.of(await service.approve(caller, campaign_id, confirmation.summary)))


@router.post("/launch", responses=_ETAG | problems(404, 409, 412))
async def launch_campaign(
    campaign_id: CampaignPath,
    confirmation: LaunchConfirmation,
    caller: Launcher,
    service: LaunchService,
    response: Response,
) -> Campaign:
    """Start, now or at `starts_at`. One that cannot start at its time is `blocked`, and says why."""
    launched = await service.launch(caller, campaign_id, confirmation.summary, at_once=confirmation.now)
    return tagged(response, Campaign.of(launched))


@router.post("/pause", responses=_ETAG | problems(404, 409))
async def pause_campaign(
    campaign_id: CampaignPath, caller: Launcher, service: TransitionService, response: Response
) -> HaltedCampaign:
    """Hold everything that is not sent yet; it needs no broker. Dispatchers confirm it one by one."""
    halted = await service.halt(caller, campaign_id, Action.PAUSE)
    return tagged(response, HaltedCampaign.confirmed(*halted))


@router.post("/resume", responses=_ETAG | problems(404, 409))
async def resume_campaign(
    campaign_id: CampaignPath, caller: Launcher, service: TransitionService, response: Response
) -> Campaign:
    """Let a paused campaign go on."""
    return tagged(response, Campaign.of(await service.resume(caller, campaign_id)))


@router.post("/cancel", responses=_ETAG | problems(404, 409))
async def cancel_campaign(
    campaign_id: CampaignPath, caller: Launcher, service: TransitionService, response: Response
) -> HaltedCampaign:
    """End it: what is not sent yet never is. It needs no broker, and dispatchers confirm it one by one."""
    halted = await service.halt(caller, campaign_id, Action.CANCEL)
    return tagged(response, HaltedCampaign.confirmed(*halted))
