"""Polls as requested and as answered. Requests are strict: an unknown field is an error that names it."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID, uuid4

from ballot.domain import polls as domain
from ballot.domain.polls import AnswerBy, PollDefinition, PollKind, slug
from ballot.routes.schemas import fields
from ballot.service.polls import AskedPoll
from contracts.enums import Effect
from contracts.field_types import Moment
from contracts.scopes import SENSITIVE_SCOPE
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, WithJsonSchema

_ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
_LINES = r"^[^\x00-\x09\x0b-\x1f\x7f]*$"


def _text(max_length: int, pattern: str = _ONE_LINE) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=max_length, pattern=pattern)


Line = Annotated[str, _text(200)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
Keyword = Annotated[str, _text(50)]
Question = Annotated[str, _text(1000, _LINES)]
Body = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
_DEFINITION = TypeAdapter(PollDefinition)
_PLAIN_KEY = WithJsonSchema({"type": "string"})
"""For keys of objects: generated clients do not know `patternProperties`."""

_TITLE = "Title of the poll, shown on its page and in reports."
_QUESTION = "The question as members read it."
_OPENS_AT = "When the poll opens by itself; null: it is opened by request."
_CLOSES_AT = "Answers received from then on do not count. Earlier than asked for where the poll was closed by request."
_KIND = "poll: the union's own; followed_ballot: a canvass beside a statutory ballot, where only voted is turnout."
_ANSWER_BY = "How members may answer: by text message, by a personal link, or both."
_SECRET = "Secret ballots are not offered: true is refused."  # noqa: S105 - no password
_TRANSLATIONS = "The poll's texts in other languages, by ISO 639 code; what is missing is shown untranslated."
_LABELS = "Labels of the options, by option key."
_LABEL = "The option as members read it."
_KEYWORDS = "Further words that a member may text to choose this option; its number and its label always work."


class Request(BaseModel):
    """Base of request bodies."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NewPollOption(Request):
    """One possible answer; its position in the list, from 1, is its number."""

    key: Key | None = Field(
        default=None, description="Key of the option; left out, it is made from the label.", examples=["not-yet"]
    )
    label: Line = Field(description=_LABEL, examples=["Not yet"])
    keywords: tuple[Keyword, ...] = Field(default=(), max_length=20, description=_KEYWORDS, examples=[["notyet"]])
    effect: Effect = Field(
        default=Effect.NONE,
        description="voted and do_not_ask end further messages that ask for this poll; keep_chasing and none do not.",
        examples=["keep_chasing"],
    )

    def option(self) -> domain.Option:
        """As the domain has it."""
        return domain.Option(self.key or slug(self.label), self.label, self.keywords, self.effect.value)


class NewPollTranslation(Request):
    """The poll's texts in another language."""

    title: Line | Literal[""] = Field(default="", description=_TITLE, examples=["Pleidlais"])
    question: Question | Literal[""] = Field(default="", description=_QUESTION, examples=["Wedi pleidleisio?"])
    labels: dict[Annotated[Key, _PLAIN_KEY], Line] = Field(
        default_factory=dict,
        max_length=20,
        description=_LABELS,
        examples=[{"voted": "Ydw"}],
    )


class NewPoll(Request):
    """A poll to be created."""

    poll_id: UUID = Field(
        default_factory=uuid4,
        description="An id of your own: the request may then be repeated without creating a second poll.",
        examples=["0b6f3c7e-5d0a-4c1e-9a52-3f8f1d2c7a10"],
    )
    title: Line = Field(description=_TITLE, examples=["Have you voted?"])
    question: Question = Field(description=_QUESTION, examples=["Have you posted your paper? Text VOTED or NOTYET."])
    kind: PollKind = Field(default=PollKind.POLL, description=_KIND, examples=["poll"])
    body: Body = Field(
        description="Id of the union body whose members, and those of the bodies below it, may answer.",
        examples=["unite-north-leeds"],
    )
    opens_at: Moment | None = Field(default=None, description=_OPENS_AT, examples=["2026-03-02T08:00:00Z"])
    closes_at: Moment = Field(
        description="Answers received from then on do not count. At most five years from now.",
        examples=["2026-03-04T18:00:00Z"],
    )
    answer_by: tuple[AnswerBy, ...] = Field(
        default=(AnswerBy.TEXT, AnswerBy.LINK), min_length=1, max_length=2, description=_ANSWER_BY, examples=[["text"]]
    )
    secret: bool = Field(default=False, description=_SECRET, examples=[False])
    options: tuple[NewPollOption, ...] = Field(
        min_length=2,
        max_length=20,
        description="The possible answers, in the order in which they are numbered.",
        examples=[[{"label": "I have voted", "effect": "voted"}, {"label": "Not yet", "effect": "keep_chasing"}]],
    )
    translations: dict[Annotated[Language, _PLAIN_KEY], NewPollTranslation] = Field(
        default_factory=dict, max_length=10, description=_TRANSLATIONS, examples=[{"cy": {"title": "Pleidlais"}}]
    )

    def definition(self) -> PollDefinition:
        """As the domain has it."""
        options = [option.option() for option in self.options]
        given = self.model_dump(mode="python") | {"answer_by": sorted(set(self.answer_by)), "options": options}
        return _DEFINITION.validate_python(given)


class PollOption(BaseModel):
    """One possible answer."""

    key: fields.OptionKey
    label: str = Field(description=_LABEL, examples=["Not yet"])
    keywords: list[str] = Field(description=_KEYWORDS, examples=[["notyet"]])
    effect: fields.Effect


class PollTranslation(BaseModel):
    """The poll's texts in another language; empty where it is shown untranslated."""

    title: str = Field(description=_TITLE, examples=["Pleidlais"])
    question: str = Field(description=_QUESTION, examples=["Wedi pleidleisio?"])
    labels: dict[str, str] = Field(description=_LABELS, examples=[{"voted": "Ydw"}])


class PollCampaign(BaseModel):
    """A campaign that asks a poll; its name is not repeated here."""

    model_config = ConfigDict(from_attributes=True)

    campaign_id: fields.CampaignId
    state: str = Field(description="State of the campaign, such as launched or completed.", examples=["launched"])


class Poll(BaseModel):
    """A poll at present."""

    poll_id: fields.PollId
    version: fields.PollVersion
    state: fields.StateOfPoll
    title: str = Field(description=_TITLE, examples=["Have you voted?"])
    question: str = Field(description=_QUESTION, examples=["Have you posted your paper? Text VOTED or NOTYET."])
    kind: PollKind = Field(description=_KIND, examples=["poll"])
    body: fields.BodyId
    opens_at: datetime | None = Field(description=_OPENS_AT, examples=["2026-03-02T08:00:00Z"])
    closes_at: datetime = Field(description=_CLOSES_AT, examples=["2026-03-04T18:00:00Z"])
    answer_by: list[AnswerBy] = Field(description=_ANSWER_BY, examples=[["link", "text"]])
    secret: bool = Field(description=_SECRET, examples=[False])
    options: list[PollOption] = Field(description="The possible answers, in the order in which they are numbered.")
    translations: dict[str, PollTranslation] = Field(
        description=_TRANSLATIONS, examples=[{"cy": {"title": "Pleidlais", "question": "", "labels": {}}}]
    )
    roll: int = Field(description="Members on the roll, which is frozen at the opening; 0 before.", examples=[1200])
    opened_at: datetime | None = Field(description="When it opened; null before.", examples=["2026-03-02T08:00:01Z"])
    counted_at: fields.CountedAt
    created_by: str = Field(description="Id of the API client that created it.", examples=["organising-app"])
    campaigns: list[PollCampaign] = Field(
        description="Campaigns that ask the poll; those that select by a sensitive interest are shown only with the "
        "scope segments:sensitive."
    )

    @classmethod
    def of(cls, asked: AskedPoll, scopes: Collection[str]) -> "Poll":
        """As these scopes may see it: a member's history has ids of sensitive campaigns, and they would lead to this
        poll (decision 0011)."""
        campaigns = [one for one in asked.campaigns if SENSITIVE_SCOPE in scopes or not one.sensitive]
        shown = [PollCampaign.model_validate(campaign) for campaign in campaigns]
        return cls.model_validate(asdict(asked.poll.definition) | dict(asked.poll) | {"campaigns": shown})


class Electorate(BaseModel):
    """The electorate of a union body."""

    body: fields.BodyId
    members: int = Field(
        description="How many members would be on the roll now: active, with a current membership, each once.",
        examples=[1200],
    )


class PollPage(BaseModel):
    """A page of polls, the newest first."""

    polls: list[Poll] = Field(description="The polls of this page.")
    next: UUID | None = Field(
        description="Give it as `after` to get the page that follows; null on the last page.",
        examples=["0b6f3c7e-5d0a-4c1e-9a52-3f8f1d2c7a10"],
    )
