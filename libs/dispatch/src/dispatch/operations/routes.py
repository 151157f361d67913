"""The routes that every dispatcher has."""

from typing import Annotated
from uuid import UUID

from chassis.http.auth import Caller, needs
from chassis.http.problems import given, problems
from dispatch.operations.schemas import (
    DeliveryCounts,
    DeliveryEntry,
    DeliveryHistory,
    DeliveryId,
    HeldDelivery,
    HeldPage,
    MemberId,
    Release,
    ReleasedDelivery,
)
from dispatch.operations.service import DeliveryOperations
from fastapi import APIRouter, Depends, Path, Query

router = APIRouter(tags=["deliveries"])
Operations = Annotated[DeliveryOperations, Depends(given(DeliveryOperations))]
After = Annotated[UUID | None, Query(description="`next` of the page before; none for the first page")]
Limit = Annotated[int, Query(ge=1, le=500, description="Most deliveries on a page")]
Reader = Annotated[Caller, Depends(needs("deliveries:read"))]


@router.get("/held")
async def list_held(operations: Operations, caller: Reader, after: After = None, limit: Limit = 100) -> HeldPage:
    """Deliveries that wait for a person: it could not be found out whether the provider took them."""
    found = await operations.held(caller.branch, after, limit)
    items = [HeldDelivery.model_validate(item) for item in found]
    return HeldPage(items=items, next=found[-1].delivery_id if len(found) == limit else None)


@router.post("/held/{delivery_id}/release", responses=problems(404, 409))
async def release_held(
    delivery_id: Annotated[DeliveryId, Path()],
    body: Release,
    operations: Operations,
    caller: Annotated[Caller, Depends(needs("sending:stop"))],
) -> ReleasedDelivery:
    """Decide about a held delivery: send it again, or note what became of it."""
    return ReleasedDelivery(
        status=await operations.release(delivery_id, body.decision, caller.client_id, caller.branch)
    )


@router.get("/deliveries/counts")
async def count_deliveries(
    operations: Operations,
    caller: Reader,
    campaign_id: Annotated[UUID | None, Query(description="Id of the campaign")] = None,
) -> DeliveryCounts:
    """How many deliveries are in each state, of one campaign or of all."""
    return DeliveryCounts(await operations.counts(campaign_id, caller.branch))


@router.get("/members/{member_id}/history")
async def read_history(
    member_id: Annotated[MemberId, Path()],
    operations: Operations,
    caller: Annotated[Caller, Depends(needs("history:read"))],
) -> DeliveryHistory:
    """Every delivery to this member on this channel: why, under which consent, how often tried, what came of it."""
    found = await operations.history(member_id, caller.branch)
    entries = [DeliveryEntry.model_validate(item) for item in found]
    return DeliveryHistory(member_id=member_id, service=operations.service, entries=entries)
