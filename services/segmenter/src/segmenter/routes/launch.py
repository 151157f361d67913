"""A campaign summed up, approved, launched, paused, resumed and cancelled, over HTTP."""

from typing import Annotated

from chassis.http.auth import Caller, needs
from chassis.http.etags import etag
from chassis.http.problems import given, problems, response_headers
from fastapi import APIRouter, Depends, Response
from segmenter.domain.campaigns.campaign import Campaign as StoredCampaign
from segmenter.domain.campaigns.transitions import Action
from segmenter.routes.parameters import CampaignPath
from segmenter.routes.schemas.campaigns import Campaign
from segmenter.routes.schemas.summaries import Confirmation, Summary
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
    return _answer(await service.approve(caller, campaign_id, confirmation.summary), response)


@router.post("/launch", responses=_ETAG | problems(404, 409, 412))
async def launch_campaign(
    campaign_id: CampaignPath, confirmation: Confirmation, caller: Launcher, service: LaunchService, response: Response
) -> Campaign:
    """Start, now or at `starts_at`."""
    return _answer(await service.launch(caller, campaign_id, confirmation.summary), response)


@router.post("/pause", responses=_ETAG | problems(404, 409))
async def pause_campaign(
    campaign_id: CampaignPath, caller: Launcher, service: TransitionService, response: Response
) -> Campaign:
    """Hold everything that is not sent yet."""
    return _answer(await service.apply(caller, campaign_id, Action.PAUSE), response)


@router.post("/resume", responses=_ETAG | problems(404, 409))
async def resume_campaign(
    campaign_id: CampaignPath, caller: Launcher, service: TransitionService, response: Response
) -> Campaign:
    """Let a paused campaign go on."""
    return _answer(await service.apply(caller, campaign_id, Action.RESUME), response)


@router.post("/cancel", responses=_ETAG | problems(404, 409))
async def cancel_campaign(
    campaign_id: CampaignPath, caller: Launcher, service: TransitionService, response: Response
) -> Campaign:
    """End it: what is not sent yet never is."""
    return _answer(await service.apply(caller, campaign_id, Action.CANCEL), response)


def _answer(campaign: StoredCampaign, response: Response) -> Campaign:
    response.headers["ETag"] = etag(campaign.version)
    return Campaign.of(campaign)
