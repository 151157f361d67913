"""A campaign approved, launched, paused, resumed and cancelled, over HTTP."""

from typing import Annotated

from chassis.http.auth import Caller, needs
from chassis.http.etags import etag
from chassis.http.problems import given, problems, response_headers
from fastapi import APIRouter, Depends, Response
from segmenter.domain.campaigns.campaign import Campaign as StoredCampaign
from segmenter.routes.schemas.campaigns import Campaign
from segmenter.routes.schemas.fields import CampaignPath
from segmenter.routes.schemas.summaries import Confirmation
from segmenter.service.campaigns.launch import Launch
from segmenter.service.campaigns.transitions import Transitions

router = APIRouter(prefix="/campaigns/{campaign_id}", tags=["launch"])
LaunchService = Annotated[Launch, Depends(given(Launch))]
TransitionService = Annotated[Transitions, Depends(given(Transitions))]
_ETAG = response_headers(200, "ETag")
Approver = Annotated[Caller, Depends(needs("campaigns:approve"))]
Launcher = Annotated[Caller, Depends(needs("campaigns:launch"))]


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
    return _answer(await service.pause(caller, campaign_id), response)


@router.post("/resume", responses=_ETAG | problems(404, 409))
async def resume_campaign(
    campaign_id: CampaignPath, caller: Launcher, service: TransitionService, response: Response
) -> Campaign:
    """Let a paused campaign go on."""
    return _answer(await service.resume(caller, campaign_id), response)


@router.post("/cancel", responses=_ETAG | problems(404, 409))
async def cancel_campaign(
    campaign_id: CampaignPath, caller: Launcher, service: TransitionService, response: Response
) -> Campaign:
    """End it: what is not sent yet never is."""
    return _answer(await service.cancel(caller, campaign_id), response)


def _answer(campaign: StoredCampaign, response: Response) -> Campaign:
    response.headers["ETag"] = etag(campaign.version)
    return Campaign.of(campaign)
