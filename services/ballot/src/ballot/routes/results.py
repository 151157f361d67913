"""Results and turnout of a poll. Figures about fewer than ten people are null."""

from typing import Annotated

from ballot.routes.schemas.fields import PollPath, Reader
from ballot.routes.schemas.results import PollResult, PollTurnout
from ballot.service.results import Results
from chassis.http.problems import given, problems
from fastapi import APIRouter, Depends

router = APIRouter(tags=["results"])
Service = Annotated[Results, Depends(given(Results))]


@router.get("/polls/{poll_id}/result", responses=problems(404))
async def get_poll_result(poll_id: PollPath, results: Service, caller: Reader) -> PollResult:
    """Answers by status; by option once the poll is counted and at least ten answers count."""
    return PollResult.of(await results.result(poll_id, caller.branch))


@router.get("/polls/{poll_id}/turnout", responses=problems(404))
async def get_poll_turnout(poll_id: PollPath, results: Service, caller: Reader) -> PollTurnout:
    """Turnout by branch against the roll frozen at the opening."""
    return PollTurnout.of(await results.turnout(poll_id, caller.branch))
