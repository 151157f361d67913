"""The summary before a launch, over HTTP."""

from typing import Annotated

from chassis.http.auth import Caller, needs
from chassis.http.problems import given, problems
from fastapi import APIRouter, Depends
from segmenter.routes.schemas.fields import CampaignPath
from segmenter.routes.schemas.summaries import Summary
from segmenter.service.campaigns.summaries import Summaries

router = APIRouter(prefix="/campaigns/{campaign_id}/summary", tags=["launch"])
Service = Annotated[Summaries, Depends(given(Summaries))]
Reader = Annotated[Caller, Depends(needs("campaigns:read"))]
Writer = Annotated[Caller, Depends(needs("campaigns:write"))]


@router.post("", responses=problems(404, 409))
async def compute_summary(campaign_id: CampaignPath, caller: Writer, service: Service) -> Summary:
    """What a launch would do now, rendered and counted; it replaces the last one."""
    return Summary.of(await service.compute(caller, campaign_id))


@router.get("", responses=problems(404))
async def get_summary(campaign_id: CampaignPath, caller: Reader, service: Service) -> Summary:
    """The last summary, as whoever approves or launches confirms it."""
    return Summary.of(await service.last(caller, campaign_id))
