"""Intake of events from other systems: CloudEvents in all three modes."""

from typing import Annotated

from chassis.http.auth import Caller, NeedsUnionWide
from chassis.http.problems import given
from fastapi import APIRouter, Depends, Request
from members.domain.intake.cloudevents import read_events
from members.domain.intake.posted_events import AcceptedEvent
from members.routes.schemas.cloudevents import REQUEST_BODY
from members.service.intake import Intake
from pydantic import BaseModel, Field

router = APIRouter(tags=["events"])
Service = Annotated[Intake, Depends(given(Intake))]
Poster = Annotated[Caller, Depends(NeedsUnionWide("events:write"))]


class AcceptedEvents(BaseModel):
    """One answer for each event, in the same order."""

    events: list[AcceptedEvent] = Field(description="The events of the request")


@router.post("/events", status_code=202, response_model_exclude_none=True, openapi_extra={"requestBody": REQUEST_BODY})
async def post_events(intake: Service, caller: Poster, request: Request) -> AcceptedEvents:
    """Structured, batched, or binary (`ce-` headers, data as JSON).

    202 comes after the commit that stores the event; the same source and id with the same content gets the stored
    answer, other content is refused. A batch is all or nothing, its faults carry the index. Keys are kept for 90 days.
    """
    headers = {name: value for name, value in request.headers.items() if name.startswith("ce-")}
    events = read_events(request.headers.get("content-type", ""), headers, await request.body())
    return AcceptedEvents(events=await intake.accept(events, caller))
