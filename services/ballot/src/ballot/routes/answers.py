"""Answers for staff: listed by status, and unmatched ones decided."""

from typing import Annotated

from ballot.domain.answers import AnswerStatus
from ballot.routes.schemas.answers import AnswerPage, DecidedAnswer, Decision
from ballot.routes.schemas.fields import PageLimit, PollPath, Writer
from ballot.service.answers import Answers
from chassis.http.auth import Caller, needs
from chassis.http.problems import given, problems
from fastapi import APIRouter, Depends, Path, Query

router = APIRouter(tags=["answers"])
Service = Annotated[Answers, Depends(given(Answers))]
_MAX_ID = 2**63 - 1


@router.get("/polls/{poll_id}/answers", responses=problems(404))
async def list_answers(
    poll_id: PollPath,
    answers: Service,
    caller: Annotated[Caller, Depends(needs("replies:read"))],
    status: Annotated[AnswerStatus, Query(description="The status of the answers to list.")] = AnswerStatus.UNMATCHED,
    after: Annotated[int, Query(ge=0, le=_MAX_ID, description="The `next` of the page before.")] = 0,
    limit: PageLimit = 100,
) -> AnswerPage:
    """Answers with one status in the order received; by default those that wait for a decision.

    An answer shows that its member was asked, so answers to a poll that a sensitive campaign asks need the scope
    `segments:sensitive`.
    """
    page = await answers.page(caller, poll_id, status=status, after=after, limit=limit)
    following = page[-1].answer_id if len(page) == limit else None
    return AnswerPage.model_validate({"answers": page, "next": following}, from_attributes=True)


@router.post("/polls/{poll_id}/answers/{answer_id}/decision", responses=problems(404, 409))
async def decide_answer(
    poll_id: PollPath,
    answer_id: Annotated[int, Path(ge=0, le=_MAX_ID, description="Number of the answer.", examples=[4711])],
    decision: Decision,
    answers: Service,
    caller: Writer,
) -> DecidedAnswer:
    """Say what an unmatched answer means, or set it aside; client and time are stored with it."""
    decided = await answers.decide(caller, poll_id, answer_id, decision.option)
    return DecidedAnswer.model_validate(decided, from_attributes=True)
