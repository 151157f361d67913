"""Answers as a person sees them, and what they decide."""

from typing import Annotated, Any
from uuid import UUID

from ballot.domain.answers import Status
from ballot.routes.bodies import Decision, answer_body
from ballot.service.electorate import Electorate
from ballot.service.review import Review
from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from fastapi import APIRouter, Depends, Path, Query

router = APIRouter(tags=["answers"])
Service = Annotated[Review, Depends(given(Review))]
_LARGEST = 2**63 - 1


@router.get("/polls/{poll_id}/answers")
async def listed(
    poll_id: UUID,
    review: Service,
    caller: Annotated[Caller, Depends(needs("replies:read"))],
    status: Status = Status.UNMATCHED,
    after: Annotated[int, Query(ge=0, le=_LARGEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Answers that stand there, in the order in which they came in; by default those that wait for a person.

    Of a poll that a sensitive campaign asks, only with the scope `segments:sensitive`: whoever answers it was asked.
    """
    page = await review.listed(caller, poll_id, status=status, after=after, limit=limit)
    following = page[-1].answer_id if len(page) == limit else None
    return {"answers": [answer_body(answer, with_text=True) for answer in page], "next": following}


@router.post("/polls/{poll_id}/answers/{answer_id}/decision")
async def decided(
    poll_id: UUID,
    answer_id: Annotated[int, Path(ge=0, le=_LARGEST)],
    decision: Decision,
    review: Service,
    caller: Annotated[Caller, Depends(needs("polls:write"))],
) -> dict[str, Any]:
    """Say what an unmatched answer means, or set it aside; who and when is kept."""
    answer = await review.decide(caller, poll_id, answer_id, decision.option)
    return answer_body(answer, with_text=False)


@router.get("/members/{member_id}/history")
async def history(
    member_id: UUID,
    electorate: Annotated[Electorate, Depends(given(Electorate))],
    caller: Annotated[Caller, Depends(needs("history:read"))],
) -> dict[str, Any]:
    """What is kept of a member here; `withheld` says why an entry names no poll."""
    entries = await electorate.history(caller, member_id)
    return {"member_id": member_id, "entries": [{"service": "ballot", **_without_nones(entry)} for entry in entries]}


def _without_nones(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if value is not None}
