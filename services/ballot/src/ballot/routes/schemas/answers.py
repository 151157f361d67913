"""Answers as listed and decided."""

from datetime import datetime

from ballot.domain.answers import AnswerStatus
from ballot.models import Answer as StoredAnswer
from ballot.routes.schemas import fields
from ballot.routes.schemas.polls import Key, Request
from pydantic import BaseModel, Field, model_validator


class DecidedAnswer(BaseModel):
    """An answer without its text."""

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
