"""The conditions of a segment rule: each asks one thing about a member."""

import re
from typing import Annotated, Literal, Self, TypeAlias
from uuid import UUID

from contracts.enums import Channel
from contracts.field_types import Day
from contracts.plain_text import clean
from pydantic import AfterValidator, Field, model_validator
from segmenter.domain.fields import RequestModel, ShortText

MAX_VALUES, MAX_MEMBERS = 500, 200
KIND = "What kind of part of a rule this is."
_DAYS_OF_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _word(value: str) -> str:
    word = clean(value)
    if not word:
        raise ValueError("is blank")
    return word


Word = Annotated[ShortText, AfterValidator(_word)]
"""Spelled as members stores it: a decomposed letter or a blank at the end would find nobody."""
Values = Annotated[tuple[Word, ...], Field(min_length=1, max_length=MAX_VALUES)]


def _existing_day(day: str) -> str:
    match = re.fullmatch(r"(\d\d)-(\d\d)", day)
    if not match or not 1 <= int(match[1]) <= 12 or not 1 <= int(match[2]) <= _DAYS_OF_MONTH[int(match[1]) - 1]:
        raise ValueError("write month and day as MM-DD")
    return day


DayOfYear = Annotated[str, AfterValidator(_existing_day)]


class BodyCondition(RequestModel):
    """A current membership in one of these union bodies, or below one."""

    kind: Literal["body"] = Field("body", description=KIND)
    bodies: Values = Field(description="Ids of union bodies.", examples=[["leeds"]])


class JobCondition(RequestModel):
    """A current membership with one of these jobs."""

    kind: Literal["job"] = Field("job", description=KIND)
    jobs: Values = Field(description="Jobs as the membership record names them.", examples=[["lecturer"]])


class EmployerCondition(RequestModel):
    """A current membership with one of these employers."""

    kind: Literal["employer"] = Field("employer", description=KIND)
    employers: Values = Field(examples=[["University of Leeds"]])
    """Employers as the membership record names them."""


class InterestCondition(RequestModel):
    """One of these interests."""

    kind: Literal["interest"] = Field("interest", description=KIND)
    interests: Values = Field(description="Interests as the member record names them.", examples=[["pensions"]])
    sensitive: bool = Field(default=False, examples=[False])
    """True asks for special-category interests instead; needs the scope segments:sensitive."""


class LanguageCondition(RequestModel):
    """One of these languages."""

    kind: Literal["language"] = Field("language", description=KIND)
    languages: Values = Field(description="Primary language tags (BCP 47).", examples=[["cy"]])


class JoinedCondition(RequestModel):
    """The first membership began before a day, after a day, or both."""

    kind: Literal["joined"] = Field("joined", description=KIND)
    before: Day | None = Field(default=None, description="Joined before this day.", examples=["2010-01-01"])
    after: Day | None = Field(default=None, description="Joined after this day.", examples=["2000-12-31"])

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.before is None and self.after is None:
            raise ValueError("give before, after or both")
        return self


class BirthdayCondition(RequestModel):
    """A birthday in a span of days, which may pass the new year."""

    kind: Literal["birthday"] = Field("birthday", description=KIND)
    first: DayOfYear = Field(description="First day, MM-DD, included.", examples=["12-20"])
    last: DayOfYear = Field(examples=["01-05"])
    """Last day, MM-DD, included. In a year without a 29 February, 02-28 includes those born on that day."""


class ChannelCondition(RequestModel):
    """Has an address on a channel, whatever was consented to."""

    kind: Literal["has_channel"] = Field("has_channel", description=KIND)
    channel: Channel = Field(description="The channel.", examples=["sms"])


class ParticipationCondition(RequestModel):
    """Took part in a ballot."""

    kind: Literal["took_part"] = Field("took_part", description=KIND)
    ballot_id: UUID = Field(description="The ballot or poll.", examples=["0b9f8c1e-6a1d-4f57-9d0e-5f0c2b7a9d11"])
    effects: tuple[ShortText, ...] = Field(default=(), max_length=10, examples=[["voted"]])
    """What the answer did, such as voted or do_not_ask; empty means either of these two."""


class CampaignCondition(RequestModel):
    """Was sent, or was to be sent, a message of an earlier campaign."""

    kind: Literal["in_campaign"] = Field("in_campaign", description=KIND)
    campaign_id: UUID = Field(description="The campaign.", examples=["7d0c1c62-1d5e-4a53-8a5e-0d3f0a4f2b10"])
    statuses: tuple[ShortText, ...] = Field(default=(), max_length=20, examples=[["delivered"]])
    """Statuses of the delivery, such as delivered; empty means any."""


class MemberCondition(RequestModel):
    """One of these members."""

    kind: Literal["members"] = Field("members", description=KIND)
    member_ids: tuple[UUID, ...] = Field(
        min_length=1, max_length=MAX_MEMBERS, examples=[["5f6f3b0a-4a3b-4d6e-9d57-6a4f1f0f7c22"]]
    )
    """Ids of members."""


Condition: TypeAlias = (
    BodyCondition
    | JobCondition
    | EmployerCondition
    | InterestCondition
    | LanguageCondition
    | JoinedCondition
    | BirthdayCondition
    | ChannelCondition
    | ParticipationCondition
    | CampaignCondition
    | MemberCondition
)
