"""The routes that every dispatcher has."""

from typing import Annotated, Any
from uuid import UUID

from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from dispatch.operations.operator import Decision, OperatorActions
from dispatch.operations.sql import DeliveryRecord
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

router = APIRouter()
Ours = Annotated[OperatorActions, Depends(given(OperatorActions))]
Reader = Annotated[Caller, Depends(needs("deliveries:read"))]


class Release(BaseModel):
    """A person's word on a held delivery."""

    model_config = ConfigDict(extra="forbid")
    decision: Decision
    """`resend`, or what the person found out: `accepted`, `rejected`."""


class HeldDelivery(BaseModel):
    """A delivery that waits for a person."""

    delivery_id: UUID
    campaign_id: UUID
    step: int
    member_id: UUID
    branch: str | None
    attempts: int
    reason: str


class HeldPage(BaseModel):
    """`next` continues the list as `after`; None: that was all."""

    items: list[HeldDelivery]
    next: UUID | None = None


class Entry(BaseModel):
    """One delivery in a member's history."""

    at: str
    what: str = "delivery"
    delivery_id: UUID
    campaign_id: UUID
    step: int
    variant: str
    script_version: int
    status: str
    reason: str
    code: str
    consent_id: UUID | None
    attempts: int
    waiting_for: str | None
    passed: list[dict[str, Any]] = Field(default_factory=list)
    """Of very many attempts in vain only the first and the last, each with its number."""


class History(BaseModel):
    """What this service knows of a member's past."""

    member_id: UUID
    service: str
    entries: list[Entry]


@router.get("/held")
async def list_held(
    operator_actions: Ours, caller: Reader, after: UUID | None = None, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> HeldPage:
    """Deliveries whose fate nobody could find out."""
    found = await operator_actions.held(caller.branch, after, limit)
    items = [
        HeldDelivery(
            delivery_id=item.delivery_id,
            campaign_id=item.campaign_id,
            step=item.step,
            member_id=item.member_id,
            branch=item.branch,
            attempts=item.gen,
            reason=item.reason,
        )
        for item in found
    ]
    return HeldPage(items=items, next=found[-1].delivery_id if len(found) == limit else None)


@router.post("/held/{delivery_id}/release")
async def release_held(
    delivery_id: UUID, body: Release, operator_actions: Ours, caller: Annotated[Caller, Depends(needs("sending:stop"))]
) -> dict[str, str]:
    """Decide one: send it again, or note what became of it."""
    state = await operator_actions.release(delivery_id, body.decision, caller.client_id, caller.branch)
    return {"status": state.value}


@router.get("/deliveries/counts")
async def count_deliveries(operator_actions: Ours, caller: Reader, campaign_id: UUID | None = None) -> dict[str, int]:
    """How many deliveries are in each state."""
    return await operator_actions.counts(campaign_id, caller.branch)


@router.get("/members/{member_id}/history")
async def read_history(
    member_id: UUID, operator_actions: Ours, caller: Annotated[Caller, Depends(needs("history:read"))]
) -> History:
    """Every message to this member on this channel: why, under which consent, how often tried, what came of it."""
    told = await operator_actions.history(member_id, caller.branch)
    return History(member_id=member_id, service=operator_actions.service, entries=[_entry(item) for item in told])


def _entry(item: DeliveryRecord) -> Entry:
    return Entry(
        at=(item.passed[-1].at if item.passed else item.admitted_at).isoformat(),
        delivery_id=item.delivery_id,
        campaign_id=item.campaign_id,
        step=item.step,
        variant=item.variant,
        script_version=item.script_version,
        status=item.state,
        reason=item.reason,
        code=item.code,
        consent_id=item.consent_id,
        attempts=item.gen,
        waiting_for=item.waiting_for,
        passed=[{"status": step.status, "attempt": step.gen, "at": step.at.isoformat()} for step in item.passed],
    )
