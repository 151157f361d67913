"""Campaigns as they are written and watched, over HTTP."""

from typing import Annotated

from chassis.http.auth import Caller, needs
from chassis.http.etags import IfMatch
from chassis.http.problems import given, problems, response_headers
from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field
from segmenter.domain.campaigns.definition import CampaignDefinition
from segmenter.domain.campaigns.quarantine import UnreadableCampaign
from segmenter.domain.disclosure.campaign import Campaign
from segmenter.domain.disclosure.progress import Progress
from segmenter.domain.fields import Cursor
from segmenter.routes.parameters import After, CampaignPath, InState, Limit, tagged
from segmenter.service.campaigns.drafts import Drafts
from segmenter.service.progress import CampaignProgress

router = APIRouter(tags=["campaigns"])
Service = Annotated[Drafts, Depends(given(Drafts))]
ProgressService = Annotated[CampaignProgress, Depends(given(CampaignProgress))]
Reader = Annotated[Caller, Depends(needs("campaigns:read"))]
Writer = Annotated[Caller, Depends(needs("campaigns:write"))]


class CampaignPage(BaseModel):
    """A page of campaigns, in the order of their ids."""

    items: list[Campaign] = Field(description="The campaigns.")
    unreadable: list[UnreadableCampaign] = Field(description="Those of the page that cannot be read.", examples=[[]])
    next: Cursor


@router.post("/campaigns", status_code=201, responses=response_headers(201, "ETag"))
async def create_campaign(
    definition: CampaignDefinition, caller: Writer, service: Service, response: Response
) -> Campaign:
    """Write a draft; every fault is named at once."""
    return tagged(response, Campaign.of(await service.create(caller, definition)))


@router.get("/campaigns")
async def list_campaigns(
    caller: Reader, service: Service, state: InState = None, after: After = None, limit: Limit = 50
) -> CampaignPage:
    """The caller's campaigns, without test sends; `state=blocked` lists those whose start needs a person."""
    found = await service.page(caller, state, after, limit)
    return CampaignPage(
        items=[Campaign.of(each) for each in found if not isinstance(each, UnreadableCampaign)],
        unreadable=[each for each in found if isinstance(each, UnreadableCampaign)],
        next=found[-1].campaign_id if len(found) == limit else None,
    )


@router.get("/campaigns/{campaign_id}", responses=response_headers(200, "ETag") | problems(404))
async def get_campaign(campaign_id: CampaignPath, caller: Reader, service: Service, response: Response) -> Campaign:
    """One campaign."""
    return tagged(response, Campaign.of(await service.one(caller, campaign_id)))


@router.put("/campaigns/{campaign_id}", responses=response_headers(200, "ETag") | problems(404, 409))
async def replace_campaign(
    campaign_id: CampaignPath,
    definition: CampaignDefinition,
    caller: Writer,
    service: Service,
    expected: IfMatch,
    response: Response,
) -> Campaign:
    """Rewrite what is not launched yet; it is a draft again."""
    return tagged(response, Campaign.of(await service.replace(caller, campaign_id, expected, definition)))


@router.get("/campaigns/{campaign_id}/progress", responses=problems(404))
async def get_progress(campaign_id: CampaignPath, caller: Reader, progress: ProgressService) -> Progress:
    """Deliveries by status, channel and branch."""
    return Progress.of(await progress.of(caller, campaign_id))
