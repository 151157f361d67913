"""Campaigns as they are written and watched, over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from fastapi import APIRouter, Depends, Response
from segmenter.domain.campaign import Definition
from segmenter.domain.sensitive import counted
from segmenter.domain.withholding import size_may_be_shown
from segmenter.routes.common import After, Limit, Version, etag, items
from segmenter.service.campaigns import Campaigns
from segmenter.service.progress import Progress

router = APIRouter(tags=["campaigns"])
Service = Annotated[Campaigns, Depends(given(Campaigns))]
Reader = Annotated[Caller, Depends(needs("campaigns:read"))]
Writer = Annotated[Caller, Depends(needs("campaigns:write"))]
_KEPT = (
    "campaign_id",
    "version",
    "state",
    "created_by",
    "created_at",
    "updated_by",
    "approved_by",
    "approved_recipients",
    "launched_by",
    "launched_on",
    "test_of",
    "audience_size",
)


@router.post("/campaigns", status_code=201)
async def create_campaign(body: Definition, caller: Writer, service: Service, response: Response) -> dict[str, Any]:
    """Write a draft; every fault is named at once."""
    return answer(await service.create(caller, body), response)


@router.get("/campaigns")
async def list_campaigns(caller: Reader, service: Service, after: After = None, limit: Limit = 50) -> dict[str, Any]:
    """The caller's campaigns."""
    rows = [shown(row) for row in await service.page(caller, after, limit)]
    return items(rows, "campaign_id", limit)


@router.get("/campaigns/{campaign_id}")
async def show_campaign(campaign_id: UUID, caller: Reader, service: Service, response: Response) -> dict[str, Any]:
    """One campaign."""
    return answer(await service.one(caller, campaign_id), response)


@router.put("/campaigns/{campaign_id}")
async def change_campaign(
    campaign_id: UUID, body: Definition, caller: Writer, service: Service, version: Version, response: Response
) -> dict[str, Any]:
    """Rewrite what is not launched yet; it is a draft again."""
    return answer(await service.replace(caller, campaign_id, version, body), response)


@router.get("/campaigns/{campaign_id}/progress")
async def show_progress(
    campaign_id: UUID, caller: Reader, progress: Annotated[Progress, Depends(given(Progress))]
) -> dict[str, Any]:
    """By status, channel and branch."""
    return await progress.of(caller, campaign_id)


def answer(row: Any, response: Response) -> dict[str, Any]:
    """A campaign with its ETag."""
    response.headers["ETag"] = etag(row.version)
    return shown(row)


def shown(row: Any) -> dict[str, Any]:
    """A campaign as an organiser sees it."""
    scheduled = row.state == "approved" and row.starts_at is not None
    kept = {name: row._mapping[name] for name in _KEPT}
    kept["approved_recipients"] = counted(row.approved_recipients, sensitive=row.sensitive)
    if row.sensitive and row.frozen_at is not None:
        told = size_may_be_shown(row.audience_size, row.planned_skips, row.approved_recipients)
        kept["audience_size"] = row.audience_size if told else None
    return {**row.definition, **kept, "scheduled": scheduled, "sensitive": row.sensitive}
