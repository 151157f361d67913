"""Segments as a typed tree: all, any and not over facts about a member.

A tree comes from outside, so its depth and size are measured before it is parsed.
"""

import re
from datetime import date
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from contracts.vocabulary import Channel
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    model_validator,
)

MAX_DEPTH, MAX_NODES, MAX_WORDS, MAX_NAMED = 8, 100, 500, 200
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
    before: date | None = None
    after: date | None = None

    @model_validator(mode="after")
    def _bounded(self) -> "Joined":
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
    """Took part in a ballot, or asked not to be chased; `effects` empty means either."""

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


class All(Node):
    """Every part holds."""

    kind: Literal["all"] = "all"
    of: tuple["Rule", ...] = Field(min_length=1, max_length=MAX_NODES)


class AnyOf(Node):
    """At least one part holds."""

    kind: Literal["any"] = "any"
    of: tuple["Rule", ...] = Field(min_length=1, max_length=MAX_NODES)


class Not(Node):
    """The part does not hold."""

    kind: Literal["not"] = "not"
    of: "Rule"


Rule: TypeAlias = Annotated[Leaf | All | AnyOf | Not, Field(discriminator="kind")]
All.model_rebuild()
AnyOf.model_rebuild()
Not.model_rebuild()


def bounded(raw: Any) -> Any:
    """Refuse a raw tree that is too deep or too large, without recursion."""
    nodes, level, depth = 0, [raw], 0
    while level:
        depth, nodes = depth + 1, nodes + len(level)
        if depth > MAX_DEPTH:
            raise ValueError(f"a rule is nested at most {MAX_DEPTH} deep")
        if nodes > MAX_NODES:
            raise ValueError(f"a rule has at most {MAX_NODES} parts")
        level = [part for node in level for part in _parts(node)]
    return raw


def _parts(node: Any) -> list[Any]:
    of = node.get("of") if isinstance(node, dict) else getattr(node, "of", None)
    if of is None:
        return []
    return list(of) if isinstance(of, list | tuple) else [of]


GivenRule: TypeAlias = Annotated[Rule, BeforeValidator(bounded)]
_STORED: TypeAdapter[Rule] = TypeAdapter(Rule)


def read_rule(stored: object) -> Rule:
    """The tree that was stored; it was measured when it came in."""
    return _STORED.validate_python(stored)


def leaves(rule: Rule) -> tuple[Leaf, ...]:
    """The facts a tree asks about, in the order they are written."""
    match rule:
        case All() | AnyOf():
            return tuple(leaf for part in rule.of for leaf in leaves(part))
        case Not():
            return leaves(rule.of)
        case _:
            return (rule,)


def bodies_named(rule: Rule) -> tuple[str, ...]:
    """Bodies the tree speaks of: a member of several is addressed as a member of one of these."""
    named = (body for leaf in leaves(rule) if isinstance(leaf, InBody) for body in leaf.bodies)
    return tuple(dict.fromkeys(named))


def within(rule: Rule, body: str | None) -> Rule:
    """The tree, kept inside one body if there is one."""
    return rule if body is None else All(of=(InBody(bodies=(body,)), rule))
