"""Request and response bodies. Requests are strict: an unknown field is an error that names it."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from ballot.domain.poll import AnswerBy, Draft, Kind, Option, Translation, slug
from ballot.models import Answer
from ballot.service.counting import Result, Turnout
from ballot.service.polls import Asked
from contracts.enums import Effect
from contracts.field_types import Moment
from contracts.scopes import SENSITIVE_SCOPE
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

_ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
_LINES = r"^[^\x00-\x09\x0b-\x1f\x7f]*$"


def _text(longest: int, pattern: str = _ONE_LINE) -> Any:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=longest, pattern=pattern)


Line = Annotated[str, _text(200)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
Keyword = Annotated[str, _text(50)]
Question = Annotated[str, _text(1000, _LINES)]


class Given(BaseModel):
    """Base of request bodies."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OptionGiven(Given):
    """One possible answer."""

    key: Key | None = None
    """Left out: made of the label."""
    label: Line
    keywords: tuple[Keyword, ...] = Field(default=(), max_length=20)
    effect: Effect = Effect.NONE

    def option(self) -> Option:
        """As the domain knows it."""
        return Option(self.key or slug(self.label), self.label, self.keywords, self.effect.value)


class TranslationGiven(Given):
    """The poll's words in another language."""

    title: Line | Literal[""] = ""
    question: Question | Literal[""] = ""
    labels: dict[Key, Line] = Field(default_factory=dict, max_length=20)


class PollGiven(Given):
    """A poll as it is asked for."""

    poll_id: UUID = Field(default_factory=uuid4)
    title: Line
    question: Question
    kind: Kind = Kind.POLL
    body: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    opens_at: Moment | None = None
    closes_at: Moment
    answer_by: tuple[AnswerBy, ...] = Field(default=(AnswerBy.TEXT, AnswerBy.LINK), min_length=1, max_length=2)
    secret: bool = False
    options: tuple[OptionGiven, ...] = Field(min_length=2, max_length=20)
    translations: dict[Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")], TranslationGiven] = Field(
        default_factory=dict, max_length=10
    )

    def draft(self) -> Draft:
        """As the domain knows it."""
        return Draft(
            title=self.title,
            question=self.question,
            kind=self.kind.value,
            body=self.body,
            opens_at=self.opens_at,
            closes_at=self.closes_at,
            answer_by=tuple(sorted({way.value for way in self.answer_by})),
            secret=self.secret,
            options=tuple(option.option() for option in self.options),
            translations={
                language: Translation(given.title, given.question, given.labels)
                for language, given in self.translations.items()
            },
        )


class Decision(Given):
    """What an unmatched answer means: an option, or nothing that could count."""

    option: Key | None = None
    set_aside: bool = False

    @model_validator(mode="after")
    def _one_of_them(self) -> "Decision":
        if (self.option is None) != self.set_aside:
            raise ValueError("give either an option or set_aside true")
        return self


def poll_body(asked: Asked, scopes: Collection[str]) -> dict[str, Any]:
    """A poll as it stands. The campaigns that ask it have no names here, and sensitive ones are left out for who lacks
    the scope: a member's history has their ids, which would lead to this poll (decision 0011)."""
    poll = asked.poll
    campaigns = [campaign for campaign in asked.campaigns if SENSITIVE_SCOPE in scopes or not campaign.sensitive]
    return {
        "poll_id": poll.poll_id,
        "version": poll.version,
        "state": poll.state,
        **poll.draft,
        "closes_at": poll.closes_at,
        "roll": poll.roll,
        "opened_at": poll.opened_at,
        "counted_at": poll.counted_at,
        "created_by": poll.created_by,
        "campaigns": [{"campaign_id": c.campaign_id, "state": c.state} for c in campaigns],
    }


def result_body(result: Result) -> dict[str, Any]:
    """Figures; what was received is the sum of all standings."""
    poll = result.poll
    return {
        "poll_id": poll.poll_id,
        "state": poll.state,
        "version": poll.version,
        "counted_at": poll.counted_at,
        "roll": poll.roll,
        "took_part": result.took_part,
        "received": sum(result.standings.values()),
        **result.standings,
        "options": [
            {"key": o["key"], "label": o["label"], "effect": o["effect"], "count": result.totals[o["key"]]}
            for o in poll.draft["options"]
        ],
    }


def turnout_body(turnout: Turnout) -> dict[str, Any]:
    """Turnout by branch."""
    return {
        "poll_id": turnout.poll.poll_id,
        "state": turnout.poll.state,
        "roll": turnout.roll,
        "took_part": turnout.took_part,
        "branches": [
            {"branch": line.branch, "branch_name": line.branch_name, "roll": line.roll, "took_part": line.took_part}
            for line in turnout.branches
        ],
    }


def answer_body(answer: Answer, *, with_text: bool) -> dict[str, Any]:
    """An answer; its text only for those who may read replies."""
    decided_at: datetime | None = answer.decided_at
    body = {
        "answer_id": answer.answer_id,
        "member_id": None if answer.anonymous else answer.voter,
        "channel": answer.channel,
        "status": answer.status,
        "option": answer.option,
        "received_at": answer.received_at,
        "campaign_id": answer.campaign_id,
        "decided_by": answer.decided_by,
        "decided_at": decided_at,
    }
    return body | ({"text": answer.text} if with_text else {})
