"""The routes that every dispatcher has."""

from typing import Annotated
from uuid import UUID

from chassis.http import paging
from chassis.http.auth import Caller, needs
from chassis.http.problems import given, problems
from dispatch.operations.address_holds import AddressHolds
from dispatch.operations.operations import DeliveryOperations
from dispatch.operations.schemas import (
    AddressHoldDecision,
    CampaignRelease,
    DeliveryCounts,
    DeliveryEntry,
    DeliveryHistory,
    DeliveryId,
    HeldAddress,
    HeldAddressPage,
    HeldDelivery,
    HeldPage,
    HoldId,
    MemberId,
    Release,
    ReleasedDeliveries,
    ReleasedDelivery,
)
from fastapi import APIRouter, Depends, Path, Query

router = APIRouter(tags=["deliveries"])
Operations = Annotated[DeliveryOperations, Depends(given(DeliveryOperations))]
Holds = Annotated[AddressHolds, Depends(given(AddressHolds))]
After = Annotated[UUID | None, Query(description="`next` of the page before; none for the first page")]
Limit = Annotated[int, Query(ge=1, le=500, description="Most items on a page")]
Reader = Annotated[Caller, Depends(needs("deliveries:read"))]
Suppressing = Annotated[Caller, Depends(needs("suppressions:write"))]


@router.get("/held")
async def list_held(operations: Operations, caller: Reader, after: After = None, limit: Limit = 100) -> HeldPage:
    """Deliveries that wait for a person: it could not be found out whether the provider took them."""
    found = await operations.held(caller.branch, after, limit)
    items = [HeldDelivery.model_validate(item) for item in found]
    return HeldPage(items=items, next=found[-1].delivery_id if len(found) == limit else None)


@router.post("/held/release")
async def release_held_of_campaign(
    body: CampaignRelease, operations: Operations, caller: Annotated[Caller, Depends(needs("sending:stop"))]
) -> ReleasedDeliveries:
    """Decide about everything that is held of a campaign in one act; a branch's token decides about its own members."""
    count = await operations.release_campaign(body.campaign_id, body.decision, caller.client_id, caller.branch)
    return ReleasedDeliveries(deliveries=count)


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


@router.get("/address-holds")
async def list_address_holds(
    holds: Holds, caller: Suppressing, after: After = None, limit: Limit = 100
) -> HeldAddressPage:
    """Unclear stops that wait for a person. A branch's token sees those that only its own members can have sent."""
    found = await holds.page(caller.branch, after, limit)
    items = [HeldAddress.model_validate(item) for item in found]
    return HeldAddressPage(items=items, next=found[-1].hold_id if len(found) == limit else None)


@router.post("/address-holds/{hold_id}/decide", status_code=204, responses=problems(404))
async def decide_address_hold(
    hold_id: Annotated[HoldId, Path()], body: AddressHoldDecision, holds: Holds, caller: Suppressing
) -> None:
    """Confirm an unclear stop, or let sending go on. 404: it does not wait any more."""
    await holds.decide(hold_id, body.decision, caller.client_id, caller.branch)


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
    before: paging.Before = None,
    limit: paging.Limit = 200,
) -> DeliveryHistory:
    """The latest deliveries to this member on this channel: why, under which consent, how often tried, what came of
    it."""
    found = await operations.history(member_id, caller.branch, before, limit)
    entries = [DeliveryEntry.model_validate(item) for item in reversed(found)]
    following = paging.following(found, limit, lambda item: item.at)
    return DeliveryHistory(member_id=member_id, service=operations.service, entries=entries, next=following)
