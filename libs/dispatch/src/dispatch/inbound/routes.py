"""Addresses that an operator stops by hand or lets be written to again, and how many are stopped at all."""

from typing import Annotated

from chassis.errors import Forbidden
from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from dispatch.inbound.operator import OperatorSuppressions
from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

router = APIRouter()
Stops = Annotated[OperatorSuppressions, Depends(given(OperatorSuppressions))]


class Address(BaseModel):
    """A number with its country code, or an e-mail address. In the body: a path would stand in access logs."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    address: str = Field(min_length=4, max_length=320)


@router.get("/suppressions")
async def count_suppressions(
    caller: Annotated[Caller, Depends(needs("deliveries:read"))], stops: Stops
) -> dict[str, int]:
    """How many addresses are stopped now, by what stopped them."""
    _union_wide(caller)
    return await stops.counts()


@router.post("/suppressions", status_code=204)
async def add_suppression(
    caller: Annotated[Caller, Depends(needs("suppressions:write"))], wanted: Address, stops: Stops
) -> Response:
    """Stop writing to an address, from the next claim on."""
    _union_wide(caller)
    await stops.add(wanted.address, caller.client_id)
    return Response(status_code=204)


@router.delete("/bad-addresses", status_code=204)
async def lift_bad_address(
    caller: Annotated[Caller, Depends(needs("suppressions:write"))], wanted: Address, stops: Stops
) -> Response:
    """Write again to an address that a provider had called bad. 404: none had."""
    _union_wide(caller)
    await stops.trust(wanted.address, caller.client_id)
    return Response(status_code=204)


def _union_wide(caller: Caller) -> None:
    if caller.branch is not None:
        raise Forbidden("a branch's token cannot see or change addresses of the whole union")
