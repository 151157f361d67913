"""The union-wide stop over HTTP."""

from typing import Annotated

from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from fastapi import APIRouter, Depends
from pydantic import Field
from segmenter.domain.fields import RequestModel, ShortText
from segmenter.domain.union_stop import UnionStop, UnionStopResult
from segmenter.service.union_stop import UnionStops

router = APIRouter(prefix="/sending", tags=["sending"])
Service = Annotated[UnionStops, Depends(given(UnionStops))]
Reader = Annotated[Caller, Depends(needs("campaigns:read"))]
Stopper = Annotated[Caller, Depends(needs("sending:stop"))]


class StopReason(RequestModel):
    """Why sending is stopped or let go on."""

    reason: ShortText = Field(description="Kept and shown.", examples=["wrong date in the text"])


@router.get("")
async def get_union_stop(_: Reader, service: Service) -> UnionStop:
    """Whether sending is stopped."""
    return await service.present()


@router.post("/stop")
async def stop_sending(stop: StopReason, caller: Stopper, service: Service) -> UnionStopResult:
    """Stop every campaign of the union; it needs no broker. The answer names which dispatchers have confirmed it."""
    return await service.replace(caller, stopped=True, reason=stop.reason)


@router.post("/lift")
async def lift_union_stop(lift: StopReason, caller: Stopper, service: Service) -> UnionStopResult:
    """Let sending go on."""
    return await service.replace(caller, stopped=False, reason=lift.reason)
