"""The paths of dispatch-sms beside those of every dispatcher."""

from typing import Annotated

from chassis.auth import Caller, needs, public
from chassis.errors import Forbidden
from chassis.http import given
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from dispatch_sms.domain.callbacks import INBOUND_PATH, STATUS_PATH
from dispatch_sms.service import Suppressions, Webhooks

router = APIRouter()
Stops = Annotated[Suppressions, Depends(given(Suppressions))]
Reader = Annotated[Caller, Depends(needs("deliveries:read"))]
Operator = Annotated[Caller, Depends(needs("suppressions:write"))]
_SIGNED = "signed by Twilio over the public address"


class NewSuppression(BaseModel):
    """A number to leave alone, with its country code."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    address: str = Field(min_length=4, max_length=40)


@public(_SIGNED)
async def take_status(request: Request) -> Response:
    """What became of a message."""
    await _webhooks(request).take_status(*await _signed(request))
    return Response(status_code=204)


@public(_SIGNED)
async def take_text(request: Request) -> Response:
    """What a member texted; the answer is TwiML."""
    return Response(await _webhooks(request).take_text(*await _signed(request)), media_type="application/xml")


# Twilio calls these, twice a message and all at once: plain routes, without the layer that reads typed parameters.
router.add_route(STATUS_PATH, take_status, ["POST"], include_in_schema=False)
router.add_route(INBOUND_PATH, take_text, ["POST"], include_in_schema=False)


@router.get("/suppressions")
async def count_suppressions(caller: Reader, suppressions: Stops) -> dict[str, int]:
    """How many numbers are suppressed now, by what suppressed them."""
    _union_wide(caller)
    return await suppressions.counts()


@router.post("/suppressions", status_code=204)
async def add_suppression(caller: Operator, wanted: NewSuppression, suppressions: Stops) -> Response:
    """Stop texting a number, from the next claim on."""
    _union_wide(caller)
    await suppressions.add(wanted.address)
    return Response(status_code=204)


def _webhooks(request: Request) -> Webhooks:
    found: Webhooks = request.app.state.given[Webhooks]
    return found


async def _signed(request: Request) -> tuple[str, bytes, str]:
    query: bytes = request.scope["query_string"]
    return query.decode("latin-1"), await request.body(), request.headers.get("x-twilio-signature", "")


def _union_wide(caller: Caller) -> None:
    if caller.branch is not None:
        raise Forbidden("a branch's token cannot see or change numbers of the whole union")
