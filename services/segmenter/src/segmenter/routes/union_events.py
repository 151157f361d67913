"""Events of other union systems over HTTP."""

from collections.abc import Sequence
from typing import Annotated

from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from segmenter.domain.union_events import UnionEvent
from segmenter.routes.parameters import Limit
from segmenter.service.projection import Projection

router = APIRouter(prefix="/union-events", tags=["history"])
Service = Annotated[Projection, Depends(given(Projection))]
Reader = Annotated[Caller, Depends(needs("segments:read"))]
BodyFilter = Annotated[
    str | None,
    Query(max_length=200, pattern=r"^[^\x00]+$", description="Only events of this union body.", examples=["leeds"]),
]


class UnionEventList(BaseModel):
    """The latest events."""

    items: Sequence[UnionEvent] = Field(description="The events, the latest first.")


@router.get("")
async def list_union_events(
    caller: Reader, service: Service, body: BodyFilter = None, limit: Limit = 50
) -> UnionEventList:
    """The latest events of other union systems."""
    return UnionEventList(items=await service.union_events(caller, body, limit))
