"""The union-wide stop over HTTP."""

from datetime import datetime
from typing import Annotated

from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from segmenter.domain.text import RequestModel, ShortText
from segmenter.service.union_stop import UnionStops

router = APIRouter(prefix="/sending", tags=["sending"])
Service = Annotated[UnionStops, Depends(given(UnionStops))]
Reader = Annotated[Caller, Depends(needs("campaigns:read"))]
Stopper = Annotated[Caller, Depends(needs("sending:stop"))]


class StopReason(RequestModel):
    """Why sending is stopped or let go on."""

    reason: ShortText = Field(description="Kept and shown.", examples=["wrong date in the text"])


class UnionStop(BaseModel):
    """Whether all sending of the union is stopped."""

    model_config = ConfigDict(from_attributes=True)
    stopped: bool = Field(description="Whether it is.", examples=[False])
    reason: str = Field(description="Reason of the last stop or lift.", examples=["wrong date in the text"])
    version: int = Field(description="Number of the last stop or lift; 0 while there was none.", examples=[2])
    by: str | None = Field(description="Who made it; null while there was none.", examples=["organiser"])
    at: datetime | None = Field(
        description="RFC 3339 time of it; null while there was none.", examples=["2026-05-01T09:00:00Z"]
    )


@router.get("")
async def get_union_stop(_: Reader, service: Service) -> UnionStop:
    """Whether sending is stopped."""
    return UnionStop.model_validate(await service.present())


@router.post("/stop")
async def stop_sending(stop: StopReason, caller: Stopper, service: Service) -> UnionStop:
    """Stop every campaign of the union within seconds."""
    return UnionStop.model_validate(await service.stop(caller, stop.reason))


@router.post("/lift")
async def lift_union_stop(lift: StopReason, caller: Stopper, service: Service) -> UnionStop:
    """Let sending go on."""
    return UnionStop.model_validate(await service.lift(caller, lift.reason))
