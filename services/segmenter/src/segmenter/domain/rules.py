"""Segments as a typed tree: all, any and not over facts about a member.

A tree comes from outside, so its depth and size are measured before it is parsed.
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, TypeAdapter
from segmenter.domain.facts import InBody, Leaf, Node

MAX_DEPTH, MAX_NODES = 8, 100


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
