"""Addresses that an operator suppresses or lets be written to again, and how many are suppressed at all."""

from typing import Annotated

from chassis.errors import Forbidden
from chassis.http.auth import Caller, needs
from chassis.http.problems import given, problems
from dispatch.inbound.operator_suppressions import OperatorSuppressions
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, RootModel

router = APIRouter(tags=["suppressions"])
Service = Annotated[OperatorSuppressions, Depends(given(OperatorSuppressions))]
Writer = Annotated[Caller, Depends(needs("suppressions:write"))]


class Address(BaseModel):
    """An address of a member. It is sent in the body: a path would stand in access logs."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    address: str = Field(
        min_length=4,
        max_length=320,
        description="A number with its country code, or an e-mail address, by the channel of this service",
        examples=["+447700900123"],
    )


class SuppressionCounts(RootModel[dict[str, int]]):
    """How many addresses are suppressed now, by what suppressed them."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"stop": 214, "operator": 3}]})


@router.get("/suppressions")
async def count_suppressions(
    caller: Annotated[Caller, Depends(needs("deliveries:read"))], suppressing: Service
) -> SuppressionCounts:
    """How many addresses are suppressed now, by what suppressed them."""
    _union_wide(caller)
    return SuppressionCounts(await suppressing.counts())


@router.post("/suppressions", status_code=204)
async def add_suppression(caller: Writer, body: Address, suppressing: Service) -> None:
    """Suppress an address, from the next claim on."""
    _union_wide(caller)
    await suppressing.add(body.address, caller.client_id)


@router.delete("/bad-addresses", status_code=204, responses=problems(404))
async def lift_bad_address(caller: Writer, body: Address, suppressing: Service) -> None:
    """Write again to an address that a provider had called bad. 404: none had."""
    _union_wide(caller)
    await suppressing.trust(body.address, caller.client_id)


def _union_wide(caller: Caller) -> None:
    if caller.branch is not None:
        raise Forbidden("a branch's token cannot see or change addresses of the whole union")
