"""Events of other union systems over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from chassis.http.auth import Caller, needs
from chassis.http.paging import NEXT, Before, Limit, following
from chassis.http.problems import given
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from segmenter.domain.union_events import UnionEvent
from segmenter.service.projection import Projection

router = APIRouter(prefix="/union-events", tags=["history"])
Service = Annotated[Projection, Depends(given(Projection))]
Reader = Annotated[Caller, Depends(needs("segments:read"))]
BodyFilter = Annotated[
    str | None,
    Query(max_length=200, pattern=r"^[^\x00]+$", description="Only events of this union body.", examples=["leeds"]),
]


class UnionEventPage(BaseModel):
    """A page of events."""

    items: Sequence[UnionEvent] = Field(description="The events, the latest first.")
    next: datetime | None = Field(description=NEXT, examples=["2026-05-01T09:00:00Z"])


@router.get("")
async def list_union_events(
    caller: Reader, service: Service, body: BodyFilter = None, before: Before = None, limit: Limit = 50
) -> UnionEventPage:
    """The latest events of other union systems."""
    items = await service.union_events(caller, body, before, limit)
    return UnionEventPage(items=items, next=following(items, limit, lambda event: event.at))
