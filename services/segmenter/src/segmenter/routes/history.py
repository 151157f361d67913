"""One member's history, and what other systems told, over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from fastapi import APIRouter, Depends, Query
from segmenter.routes.common import Limit
from segmenter.service.history import History
from segmenter.service.projection import Projection

router = APIRouter(tags=["history"])
Slug = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]+$")]


@router.get("/members/{member_id}/history")
async def member_history(
    member_id: UUID,
    caller: Annotated[Caller, Depends(needs("history:read"))],
    service: Annotated[History, Depends(given(History))],
) -> dict[str, Any]:
    """The campaigns a member was planned in: the rule that matched, the consents relied on, what was asked for."""
    return {"member_id": member_id, "entries": await service.of(caller, member_id)}


@router.get("/union-events")
async def list_union_events(
    caller: Annotated[Caller, Depends(needs("segments:read"))],
    service: Annotated[Projection, Depends(given(Projection))],
    body: Slug = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """The latest of what other systems told."""
    rows = await service.told(caller, body, limit)
    return {"items": [{name: row._mapping[name] for name in ("type", "subject", "body", "at", "data")} for row in rows]}
