"""The routes that every dispatcher has."""

from typing import Annotated
from uuid import UUID

from chassis.http.auth import Caller, needs
from chassis.http.problems import given, problems
from dispatch.operations.operator import OperatorActions
from dispatch.operations.schemas import (
    DeliveryCounts,
    DeliveryHistory,
    DeliveryId,
    HeldDelivery,
    HeldPage,
    MemberId,
    Release,
    ReleasedDelivery,
    entry,
)
from fastapi import APIRouter, Depends, Path, Query

router = APIRouter(tags=["deliveries"])
Actions = Annotated[OperatorActions, Depends(given(OperatorActions))]
After = Annotated[UUID | None, Query(description="`next` of the page before; none for the first page")]
Limit = Annotated[int, Query(ge=1, le=500, description="Most deliveries on a page")]
Reader = Annotated[Caller, Depends(needs("deliveries:read"))]


@router.get("/held")
async def list_held(actions: Actions, caller: Reader, after: After = None, limit: Limit = 100) -> HeldPage:
    """Deliveries that wait for a person: nobody could find out whether the provider took them."""
    found = await actions.held(caller.branch, after, limit)
    items = [HeldDelivery.model_validate(item) for item in found]
    return HeldPage(items=items, next=found[-1].delivery_id if len(found) == limit else None)


@router.post("/held/{delivery_id}/release", responses=problems(404, 409))
async def release_held(
    delivery_id: Annotated[DeliveryId, Path()],
    body: Release,
    actions: Actions,
    caller: Annotated[Caller, Depends(needs("sending:stop"))],
) -> ReleasedDelivery:
    """Decide about a held delivery: send it again, or note what became of it."""
    return ReleasedDelivery(status=await actions.release(delivery_id, body.decision, caller.client_id, caller.branch))


@router.get("/deliveries/counts")
async def count_deliveries(
    actions: Actions,
    caller: Reader,
    campaign_id: Annotated[UUID | None, Query(description="Id of the campaign")] = None,
) -> DeliveryCounts:
    """How many deliveries are in each state, of one campaign or of all."""
    return DeliveryCounts(await actions.counts(campaign_id, caller.branch))


@router.get("/members/{member_id}/history")
async def read_history(
    member_id: Annotated[MemberId, Path()],
    actions: Actions,
    caller: Annotated[Caller, Depends(needs("history:read"))],
) -> DeliveryHistory:
    """Every delivery to this member on this channel: why, under which consent, how often tried, what came of it."""
    found = await actions.history(member_id, caller.branch)
    return DeliveryHistory(member_id=member_id, service=actions.service, entries=[entry(item) for item in found])
