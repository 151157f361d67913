"""Answers for staff: listed by status, and unmatched ones decided."""

from datetime import datetime
from typing import Annotated

from ballot.domain.answers import AnswerStatus
from ballot.models import Answer as StoredAnswer
from ballot.routes.schemas import fields
from ballot.routes.schemas.fields import PageLimit, PollPath, Writer
from ballot.routes.schemas.polls import Key, Request
from ballot.service.answers import Answers
from chassis.http.auth import Caller, needs
from chassis.http.problems import given, problems
from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

router = APIRouter(tags=["answers"])
Service = Annotated[Answers, Depends(given(Answers))]
_MAX_ID = 2**63 - 1


class DecidedAnswer(BaseModel):
    """An answer without its text."""

    model_config = ConfigDict(from_attributes=True)

    answer_id: int = Field(description="Number of the answer.", examples=[4711])
    member_id: fields.MemberId | None = Field(description="The member; null when unknown or erased.")
    channel: str = Field(description="How it came: sms or link.", examples=["sms"])
    status: AnswerStatus = Field(description="Whether it counts, or why it does not.", examples=["unmatched"])
    option: str | None = Field(description="Key of the chosen option; null when none matched.", examples=["voted"])
    received_at: fields.ReceivedAt
    campaign_id: fields.CampaignId | None = Field(description="The campaign it answers, where known.")
    decided_by: str | None = Field(
        description="Id of the API client that decided what it means, or `erasure`; null without a decision.",
        examples=["organising-app"],
    )
    decided_at: datetime | None = Field(
        description="When that was decided; null without a decision.", examples=["2026-03-03T10:00:00Z"]
    )

    @model_validator(mode="before")
    @classmethod
    def _of(cls, answer: object) -> object:
        if not isinstance(answer, StoredAnswer):
            return answer
        return {**dict(answer), "member_id": None if answer.anonymous else answer.voter}


class Answer(DecidedAnswer):
    """An answer with its text."""

    text: str = Field(
        description="The text as received, at most 2,000 characters; empty for answers by link.",
        examples=["yes but the paper never came"],
    )


class AnswerPage(BaseModel):
    """A page of answers in the order in which they were received."""

    answers: list[Answer] = Field(description="The answers of this page.")
    next: int | None = Field(
        description="Give it as `after` to get the page that follows; null on the last page.", examples=[4711]
    )


class Decision(Request):
    """What an unmatched answer means: give either `option` or `set_aside` true."""

    option: Key | None = Field(default=None, description="Key of the option that was meant.", examples=["voted"])
    set_aside: bool = Field(default=False, description="True: the answer names no option.", examples=[False])

    @model_validator(mode="after")
    def _exactly_one(self) -> "Decision":
        if (self.option is None) != self.set_aside:
            raise ValueError("give either an option or set_aside true")
        return self


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

    Whoever answers was asked: answers to a poll that a sensitive campaign asks need the scope `segments:sensitive`.
    """
    page = await answers.page(caller, poll_id, status=status, after=after, limit=limit)
    following = page[-1].answer_id if len(page) == limit else None
    return AnswerPage(answers=[Answer.model_validate(answer) for answer in page], next=following)


@router.post("/polls/{poll_id}/answers/{answer_id}/decision", responses=problems(404, 409))
async def decide_answer(
    poll_id: PollPath,
    answer_id: Annotated[int, Path(ge=0, le=_MAX_ID, description="Number of the answer.", examples=[4711])],
    decision: Decision,
    answers: Service,
    caller: Writer,
) -> DecidedAnswer:
    """Say what an unmatched answer means, or set it aside; client and time are stored with it."""
    return DecidedAnswer.model_validate(await answers.decide(caller, poll_id, answer_id, decision.option))
