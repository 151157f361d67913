"""Why a member is in a segment, or is not: the rule with the result of every part."""

from collections.abc import Iterable, Iterator, Sequence

from pydantic import BaseModel, ConfigDict, Field
from segmenter.domain.segments.conditions import Condition
from segmenter.domain.segments.rules import AllOf, AnyOf, Negation, Rule


class Explanation(BaseModel):
    """One part of a rule and whether it holds."""

    model_config = ConfigDict(frozen=True)
    kind: str = Field(description="The kind of the part: all, any, not, or that of a condition.", examples=["body"])
    matched: bool = Field(description="Whether it holds for the member.", examples=[True])
    rule: Condition | None = Field(
        default=None,
        description="The condition; null where the part has parts of its own.",
        examples=[{"kind": "body", "bodies": ["leeds"]}],
    )
    of: tuple["Explanation", ...] = Field(default=(), description="The parts of all, any and not.", examples=[[]])


def explain(rule: Rule, results: Sequence[bool]) -> Explanation:
    """The rule with the results of its conditions, given in the order of `rules.conditions`."""
    rest = iter(results)
    explained = _explain(rule, rest)
    if next(rest, None) is not None:
        raise ValueError("more results than conditions")
    return explained


def _explain(rule: Rule, results: Iterator[bool]) -> Explanation:
    match rule:
        case AllOf():
            parts = _each(rule.of, results)
            return Explanation(kind="all", matched=all(part.matched for part in parts), of=parts)
        case AnyOf():
            parts = _each(rule.of, results)
            return Explanation(kind="any", matched=any(part.matched for part in parts), of=parts)
        case Negation():
            part = _explain(rule.of, results)
            return Explanation(kind="not", matched=not part.matched, of=(part,))
        case _:
            return Explanation(kind=rule.kind, matched=next(results), rule=rule)


def _each(rules: Iterable[Rule], results: Iterator[bool]) -> tuple[Explanation, ...]:
    return tuple(_explain(rule, results) for rule in rules)
