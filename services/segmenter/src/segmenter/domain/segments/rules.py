"""A segment's rule: a tree of all, any and not over conditions on a member.

A rule comes from outside, so its depth and size are measured before it is parsed.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter
from segmenter.domain.fields import RequestModel
from segmenter.domain.segments.conditions import KIND, BodyCondition, Condition

MAX_DEPTH, MAX_PARTS = 8, 100
_PARTS = "Parts of the rule; each is a condition or a rule of its own."
_EXAMPLE = [[{"kind": "body", "bodies": ["leeds"]}, {"kind": "language", "languages": ["cy"]}]]


class _Nested(RequestModel):
    # One schema for requests and answers: pydantic makes two of what refers to itself.
    model_config = ConfigDict(json_schema_mode_override="validation")


class AllOf(_Nested):
    """Every part holds."""

    kind: Literal["all"] = Field("all", description=KIND)
    of: tuple["Rule", ...] = Field(min_length=1, max_length=MAX_PARTS, description=_PARTS, examples=_EXAMPLE)


class AnyOf(_Nested):
    """At least one part holds."""

    kind: Literal["any"] = Field("any", description=KIND)
    of: tuple["Rule", ...] = Field(min_length=1, max_length=MAX_PARTS, description=_PARTS, examples=_EXAMPLE)


class Negation(_Nested):
    """The part does not hold."""

    kind: Literal["not"] = Field("not", description=KIND)
    of: "Rule" = Field(examples=[{"kind": "has_channel", "channel": "sms"}])
    """A condition or a rule of its own."""


Rule: TypeAlias = Annotated[Condition | AllOf | AnyOf | Negation, Field(discriminator="kind")]
for _each in (AllOf, AnyOf, Negation):
    _each.model_rebuild()


def bounded(raw: object) -> object:
    """Refuse a raw tree that is too deep or too large, without recursion."""
    parts, level, depth = 0, [raw], 0
    while level:
        depth, parts = depth + 1, parts + len(level)
        if depth > MAX_DEPTH:
            raise ValueError(f"a rule is nested at most {MAX_DEPTH} deep")
        if parts > MAX_PARTS:
            raise ValueError(f"a rule has at most {MAX_PARTS} parts")
        level = [part for node in level for part in _parts(node)]
    return raw


def _parts(node: object) -> list[object]:
    of = node.get("of") if isinstance(node, dict) else getattr(node, "of", None)
    if of is None:
        return []
    return list(of) if isinstance(of, list | tuple) else [of]


_DESCRIBED = Field(description="The members who belong to it.", examples=[{"kind": "body", "bodies": ["leeds"]}])
SegmentRule: TypeAlias = Annotated[Rule, _DESCRIBED]
GivenRule: TypeAlias = Annotated[Rule, BeforeValidator(bounded), _DESCRIBED]
_STORED: TypeAdapter[Rule] = TypeAdapter(Rule)


def read_rule(stored: object) -> Rule:
    """A stored rule; it was measured when it came in."""
    return _STORED.validate_python(stored)


def conditions(rule: Rule) -> tuple[Condition, ...]:
    """The conditions of a rule, in the order they are written."""
    match rule:
        case AllOf() | AnyOf():
            return tuple(condition for part in rule.of for condition in conditions(part))
        case Negation():
            return conditions(rule.of)
        case _:
            return (rule,)


def bodies_named(rule: Rule) -> tuple[str, ...]:
    """Union bodies that the rule names: a member of several is addressed as a member of one of these."""
    named = (body for each in conditions(rule) if isinstance(each, BodyCondition) for body in each.bodies)
    return tuple(dict.fromkeys(named))


def within(rule: Rule, body: str | None) -> Rule:
    """The rule, limited to one union body if there is one: its id as it is, which may be nobody's."""
    return rule if body is None else AllOf(of=(BodyCondition.model_construct(bodies=(body,)), rule))
