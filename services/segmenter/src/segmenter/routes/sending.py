"""The union-wide stop over HTTP."""

from typing import Annotated, Any

from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from fastapi import APIRouter, Depends
from segmenter.domain.facts import Word
from segmenter.routes.common import Body
from segmenter.service.sending import Sending

router = APIRouter(prefix="/sending", tags=["sending"])
Service = Annotated[Sending, Depends(given(Sending))]
Reader = Annotated[Caller, Depends(needs("campaigns:read"))]
Stopper = Annotated[Caller, Depends(needs("sending:stop"))]


class Reason(Body):
    """Why; it is kept and shown."""

    reason: Word


@router.get("")
async def show_sending(_: Reader, service: Service) -> dict[str, Any]:
    """Whether sending is stopped."""
    return _shown(await service.present())


@router.post("/stop")
async def stop_sending(body: Reason, caller: Stopper, service: Service) -> dict[str, Any]:
    """Stop every campaign of the union within seconds."""
    return _shown(await service.say(caller, stopped=True, reason=body.reason))


@router.post("/lift")
async def lift_stop(body: Reason, caller: Stopper, service: Service) -> dict[str, Any]:
    """Let everything go on."""
    return _shown(await service.say(caller, stopped=False, reason=body.reason))


def _shown(row: Any | None) -> dict[str, Any]:
    if row is None:
        return {"stopped": False, "reason": "", "version": 0, "by": None, "at": None}
    return {name: row._mapping[name] for name in ("stopped", "reason", "version", "by", "at")}
