"""The routes that every dispatcher has."""

from typing import Annotated
from uuid import UUID

from chassis.auth import Caller, needs
from chassis.http import given, problems
from dispatch.desk import Desk
from dispatch.routes.schemas import (
    After,
    DeliveryCounts,
    DeliveryHistory,
    DeliveryId,
    HeldDelivery,
    HeldPage,
    Limit,
    MemberId,
    Release,
    ReleasedDelivery,
    entry,
)
from fastapi import APIRouter, Depends, Path, Query

router = APIRouter(tags=["deliveries"])
Ours = Annotated[Desk, Depends(given(Desk))]
Reader = Annotated[Caller, Depends(needs("deliveries:read"))]


@router.get("/held")
async def list_held(desk: Ours, caller: Reader, after: After = None, limit: Limit = 100) -> HeldPage:
    """Deliveries that wait for a person: nobody could find out whether the provider took them."""
    found = await desk.held(caller.branch, after, limit)
    items = [HeldDelivery.model_validate(item) for item in found]
    return HeldPage(items=items, next=found[-1].delivery_id if len(found) == limit else None)


@router.post("/held/{delivery_id}/release", responses=problems(404, 409))
async def release_held(
    delivery_id: Annotated[DeliveryId, Path()],
    body: Release,
    desk: Ours,
    caller: Annotated[Caller, Depends(needs("sending:stop"))],
) -> ReleasedDelivery:
    """Decide about a held delivery: send it again, or note what became of it."""
    return ReleasedDelivery(status=await desk.release(delivery_id, body.decision, caller.client_id, caller.branch))


@router.get("/deliveries/counts")
async def count_deliveries(
    desk: Ours, caller: Reader, campaign_id: Annotated[UUID | None, Query(description="Id of the campaign")] = None
) -> DeliveryCounts:
    """How many deliveries are in each state, of one campaign or of all."""
    return DeliveryCounts(await desk.counts(campaign_id, caller.branch))


@router.get("/members/{member_id}/history")
async def read_history(
    member_id: Annotated[MemberId, Path()], desk: Ours, caller: Annotated[Caller, Depends(needs("history:read"))]
) -> DeliveryHistory:
    """Every delivery to this member on this channel: why, under which consent, how often tried, what came of it."""
    found = await desk.history(member_id, caller.branch)
    return DeliveryHistory(member_id=member_id, service=desk.service, entries=[entry(item) for item in found])
