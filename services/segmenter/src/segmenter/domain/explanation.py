"""Why a member is in a segment, or is not: the tree with the truth of every part."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict
from segmenter.domain.rules import All, AnyOf, Not, Rule


class Explanation(BaseModel):
    """One part of a rule and whether it holds; a leaf shows its own words."""

    model_config = ConfigDict(frozen=True)
    kind: str
    matched: bool
    rule: dict[str, Any] | None = None
    of: tuple["Explanation", ...] = ()


def explain(rule: Rule, truths: Sequence[bool]) -> Explanation:
    """Compose the truths of the leaves, given in the order of `rules.leaves`."""
    rest = iter(truths)
    explained = _explain(rule, rest)
    if next(rest, None) is not None:
        raise ValueError("more truths than leaves")
    return explained


def _explain(rule: Rule, truths: Iterator[bool]) -> Explanation:
    match rule:
        case All():
            parts = _each(rule.of, truths)
            return Explanation(kind="all", matched=all(part.matched for part in parts), of=parts)
        case AnyOf():
            parts = _each(rule.of, truths)
            return Explanation(kind="any", matched=any(part.matched for part in parts), of=parts)
        case Not():
            part = _explain(rule.of, truths)
            return Explanation(kind="not", matched=not part.matched, of=(part,))
        case _:
            return Explanation(kind=rule.kind, matched=next(truths), rule=rule.model_dump(mode="json"))


def _each(rules: Iterable[Rule], truths: Iterator[bool]) -> tuple[Explanation, ...]:
    return tuple(_explain(rule, truths) for rule in rules)
