"""Why a member is in a segment, or is not: the rule with the result of every part."""

from collections.abc import Iterator, Sequence

from pydantic import Field
from segmenter.domain.fields import MemberId, ResponseModel
from segmenter.domain.segments.conditions import Condition
from segmenter.domain.segments.rules import AllOf, AnyOf, Negation, Rule


class Explanation(ResponseModel):
    """One part of a rule and whether it holds."""

    kind: str = Field(description="The kind of the part: all, any, not, or that of a condition.", examples=["body"])
    matched: bool = Field(description="Whether it holds for the member.", examples=[True])
    rule: Condition | None = Field(default=None, examples=[{"kind": "body", "bodies": ["leeds"]}])
    """The condition; null where the part has parts of its own."""
    of: tuple["Explanation", ...] = Field(default=(), description="The parts of all, any and not.", examples=[[]])


class MemberExplanation(ResponseModel):
    """Whether a member is in a segment, and why."""

    member_id: MemberId
    in_segment: bool = Field(description="Whether they are: the rule holds and they are active.", examples=[True])
    member_status: str = Field(description="active, left or deceased.", examples=["active"])
    explanation: Explanation = Field(description="The rule with the result of every part.")


def explain(rule: Rule, results: Sequence[bool]) -> Explanation:
    """The rule with the results of its conditions, given in the order of `rules.conditions`."""
    rest = iter(results)
    explained = _explain(rule, rest)
    if next(rest, None) is not None:
        raise ValueError("more results than conditions")
    return explained


def _explain(rule: Rule, results: Iterator[bool]) -> Explanation:
    match rule:
        case AllOf() | AnyOf():
            parts = tuple(_explain(part, results) for part in rule.of)
            hold = all if rule.kind == "all" else any
            return Explanation(kind=rule.kind, matched=hold(part.matched for part in parts), of=parts)
        case Negation():
            part = _explain(rule.of, results)
            return Explanation(kind=rule.kind, matched=not part.matched, of=(part,))
        case _:
            return Explanation(kind=rule.kind, matched=next(results), rule=rule)
