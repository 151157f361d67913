"""What a rule may ask about a member: one fact a leaf."""

import re
from typing import Annotated, Literal, Self, TypeAlias
from uuid import UUID

from contracts.enums import Channel
from contracts.field_types import Day
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

MAX_WORDS, MAX_NAMED = 500, 200
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Words = Annotated[tuple[Word, ...], Field(min_length=1, max_length=MAX_WORDS)]


def _real_day(day: str) -> str:
    match = re.fullmatch(r"(\d\d)-(\d\d)", day)
    if not match or not 1 <= int(match[1]) <= 12 or not 1 <= int(match[2]) <= _DAYS[int(match[1]) - 1]:
        raise ValueError("write month and day as MM-DD")
    return day


DayOfYear = Annotated[str, AfterValidator(_real_day)]


class Node(BaseModel):
    """A part of a rule; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class InBody(Node):
    """A current membership in one of these bodies, or below one."""

    kind: Literal["body"] = "body"
    bodies: Words


class HasJob(Node):
    """A current membership with one of these jobs."""

    kind: Literal["job"] = "job"
    jobs: Words


class HasEmployer(Node):
    """A current membership with one of these employers."""

    kind: Literal["employer"] = "employer"
    employers: Words


class HasInterest(Node):
    """One of these interests; `sensitive` asks for those that are kept apart."""

    kind: Literal["interest"] = "interest"
    interests: Words
    sensitive: bool = False


class Speaks(Node):
    """One of these languages, as primary tags."""

    kind: Literal["language"] = "language"
    languages: Words


class Joined(Node):
    """First membership began before a day, after a day, or both (the days themselves excluded)."""

    kind: Literal["joined"] = "joined"
    before: Day | None = None
    after: Day | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.before is None and self.after is None:
            raise ValueError("give before, after or both")
        return self


class HasBirthday(Node):
    """Birthday from `first` to `last`, both included; the window may pass the new year."""

    kind: Literal["birthday"] = "birthday"
    first: DayOfYear
    last: DayOfYear


class HasChannel(Node):
    """Can be reached on a channel, whatever was consented to."""

    kind: Literal["has_channel"] = "has_channel"
    channel: Channel


class TookPart(Node):
    """Took part in a ballot, or asked not to be chased; `effects` empty means either, not what was taken back."""

    kind: Literal["took_part"] = "took_part"
    ballot_id: UUID
    effects: tuple[Word, ...] = Field(default=(), max_length=10)


class InCampaign(Node):
    """Was asked for in a campaign; `statuses` empty means whatever became of it."""

    kind: Literal["in_campaign"] = "in_campaign"
    campaign_id: UUID
    statuses: tuple[Word, ...] = Field(default=(), max_length=20)


class Named(Node):
    """One of these members, such as the staff who try out a campaign."""

    kind: Literal["members"] = "members"
    member_ids: tuple[UUID, ...] = Field(min_length=1, max_length=MAX_NAMED)


Leaf: TypeAlias = (
    InBody
    | HasJob
    | HasEmployer
    | HasInterest
    | Speaks
    | Joined
    | HasBirthday
    | HasChannel
    | TookPart
    | InCampaign
    | Named
)
