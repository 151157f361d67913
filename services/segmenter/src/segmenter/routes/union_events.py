"""Events of other union systems over HTTP."""

from typing import Annotated

from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from segmenter.routes.schemas.fields import Limit, Time
from segmenter.service.projection import Projection

router = APIRouter(prefix="/union-events", tags=["history"])
Service = Annotated[Projection, Depends(given(Projection))]
Reader = Annotated[Caller, Depends(needs("segments:read"))]
BodyFilter = Annotated[
    str | None,
    Query(max_length=200, pattern=r"^[^\x00]+$", description="Only events of this union body.", examples=["leeds"]),
]


class UnionEvent(BaseModel):
    """An event that another union system posted."""

    model_config = ConfigDict(from_attributes=True)
    type: str = Field(description="CloudEvents type.", examples=["meeting.scheduled.v1"])
    subject: str = Field(description="CloudEvents subject.", examples=["agm-2026"])
    body: str = Field(description="Id of the union body that it concerns.", examples=["leeds"])
    at: Time
    data: dict[str, object] = Field(
        description="CloudEvents data; its fields follow from the type.", examples=[{"title": "AGM"}]
    )


class UnionEventList(BaseModel):
    """The latest events."""

    items: list[UnionEvent] = Field(description="The events, the latest first.")


@router.get("")
async def list_union_events(
    caller: Reader, service: Service, body: BodyFilter = None, limit: Limit = 50
) -> UnionEventList:
    """The latest events of other union systems."""
    events = await service.union_events(caller, body, limit)
    return UnionEventList(items=[UnionEvent.model_validate(event) for event in events])
