"""Stops over HTTP: an operator's at this dispatcher, and the segmenter's."""

from typing import Annotated
from uuid import UUID

from chassis.clock import Clock
from chassis.errors import Forbidden
from chassis.http.auth import Caller, needs, public
from chassis.http.problems import given, problems
from contracts.stop_orders import purpose
from dispatch.brake.schemas import Stop, StopList, StopRequest, StopResult, UnionStopOrder
from dispatch.brake.stops import Stops
from dispatch.settings import DispatchSettings
from fastapi import APIRouter, Depends

router = APIRouter(prefix="/sending", tags=["sending"])
Service = Annotated[Stops, Depends(given(Stops))]
Reader = Annotated[Caller, Depends(needs("deliveries:read"))]
Stopper = Annotated[Caller, Depends(needs("sending:stop"))]


class UnionOrders:
    """Opens the segmenter's orders, signed as links are, for a minute."""

    def __init__(self, settings: DispatchSettings, clock: Clock) -> None:
        self._links, self._clock = settings.links, clock

    def open(self, order: UnionStopOrder) -> tuple[UUID, int]:
        """Scope and version. Raises Forbidden."""
        scope, version = self._links.open(purpose(stopped=order.stopped), order.order, self._clock.now())
        return scope, version.int


def _whole_union(caller: Caller) -> None:
    if caller.branch is not None:
        raise Forbidden("this concerns the whole union; the token is limited to one branch")


@router.get("/stops")
async def list_stops(_: Reader, service: Service) -> StopList:
    """The stops of this dispatcher."""
    return StopList(items=[Stop.model_validate(item) for item in await service.all()])


@router.post("/stop")
async def stop_dispatcher(stop: StopRequest, caller: Stopper, service: Service) -> StopResult:
    """Stop all sending of this dispatcher, or one campaign's; it needs neither the broker nor another service."""
    _whole_union(caller)
    done = await service.operator(stop.campaign_id, stopped=True, reason=stop.reason, by=caller.client_id)
    return StopResult.model_validate(done)


@router.post("/lift")
async def lift_dispatcher_stop(lift: StopRequest, caller: Stopper, service: Service) -> StopResult:
    """Lift an operator's stop. A stop of the union is lifted at the segmenter."""
    _whole_union(caller)
    done = await service.operator(lift.campaign_id, stopped=False, reason=lift.reason, by=caller.client_id)
    return StopResult.model_validate(done)


@router.post("/union-stops", responses=problems(403))
@public("the segmenter's signature over the order")
async def take_union_stop(
    order: UnionStopOrder, service: Service, orders: Annotated[UnionOrders, Depends(given(UnionOrders))]
) -> StopResult:
    """The union-wide stop, or the pause of a campaign, as the segmenter hands it over beside Kafka."""
    scope, version = orders.open(order)
    return StopResult.model_validate(await service.union(scope, version, stopped=order.stopped, reason=order.reason))
