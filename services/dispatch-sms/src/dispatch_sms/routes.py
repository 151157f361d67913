"""The paths of dispatch-sms beside those of every dispatcher."""

from chassis.http.auth import public
from dispatch_sms.domain.callbacks import INBOUND_PATH, STATUS_PATH
from dispatch_sms.service import Webhooks
from fastapi import APIRouter, Request, Response

router = APIRouter()
_SIGNED = "signed by Twilio over the public address"


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


def _webhooks(request: Request) -> Webhooks:
    found: Webhooks = request.app.state.given[Webhooks]
    return found


async def _signed(request: Request) -> tuple[str, bytes, str]:
    query: bytes = request.scope["query_string"]
    return query.decode("latin-1"), await request.body(), request.headers.get("x-twilio-signature", "")
