"""What came of a poll: totals and turnout, and what scrutineers declared."""

from typing import Annotated, Any
from uuid import UUID

from ballot.routes.bodies import result_body, turnout_body
from ballot.service.counting import Counting
from ballot.service.following import Following
from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from fastapi import APIRouter, Depends

router = APIRouter(tags=["figures"])
Service = Annotated[Counting, Depends(given(Counting))]
Reader = Annotated[Caller, Depends(needs("polls:read"))]


@router.get("/polls/{poll_id}/result")
async def result(poll_id: UUID, counting: Service, caller: Reader) -> dict[str, Any]:
    """Where every answer stands; by option once it is counted and at least ten answers count."""
    return result_body(await counting.result(poll_id, caller.branch))


@router.get("/polls/{poll_id}/turnout")
async def turnout(poll_id: UUID, counting: Service, caller: Reader) -> dict[str, Any]:
    """Turnout by branch against the roll frozen at the opening; figures under ten people are null."""
    return turnout_body(await counting.turnout(poll_id, caller.branch))


@router.get("/declared-ballots")
async def declared(following: Annotated[Following, Depends(given(Following))], _: Reader) -> dict[str, Any]:
    """Totals that scrutineers declared, the latest first."""
    return {"ballots": [ballot.model_dump() for ballot in await following.declared()]}
