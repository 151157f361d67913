"""The union as a tree: union, region, branch, workplace."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chassis.errors import Refused


class Kind(StrEnum):
    """What a body is."""

    UNION = "union"
    REGION = "region"
    BRANCH = "branch"
    WORKPLACE = "workplace"


_PARENTS: Mapping[Kind, frozenset[Kind | None]] = {
    Kind.UNION: frozenset({None}),
    Kind.REGION: frozenset({Kind.UNION}),
    Kind.BRANCH: frozenset({Kind.REGION, Kind.UNION}),
    Kind.WORKPLACE: frozenset({Kind.BRANCH}),
}


@dataclass(frozen=True, slots=True)
class Body:
    """One node. `path` holds the ids from the union down to the body itself."""

    id: str
    kind: Kind
    name: str
    parent: str | None
    path: tuple[str, ...]
    version: int


Tree = Mapping[str, Body]
"""Bodies by id, with the ancestors of each."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a body stands: what a membership says about its place."""

    path: tuple[str, ...]
    region: str | None
    region_name: str | None
    branch: str | None
    branch_name: str | None


def placed(body_id: str, kind: Kind, name: str, parent: Body | None, version: int) -> Body:
    """A body under its parent. Raises Refused when the parent is of the wrong kind or beneath the body."""
    if (parent.kind if parent else None) not in _PARENTS[kind]:
        allowed = " or ".join(sorted(item or "nothing" for item in _PARENTS[kind]))
        raise Refused(f"a {kind} stands under {allowed}", field="parent")
    if parent and body_id in parent.path:
        raise Refused("a body cannot stand beneath itself", field="parent")
    above = parent.path if parent else ()
    return Body(body_id, kind, name, parent.id if parent else None, (*above, body_id), version)


def standing(tree: Tree, body_id: str) -> Standing:
    """Path, region and branch of a body in the tree."""
    above = [tree[step] for step in tree[body_id].path]
    region = next((body for body in above if body.kind is Kind.REGION), None)
    branch = next((body for body in above if body.kind is Kind.BRANCH), None)
    return Standing(
        path=tree[body_id].path,
        region=region.id if region else None,
        region_name=region.name if region else None,
        branch=branch.id if branch else None,
        branch_name=branch.name if branch else None,
    )


def in_branch(tree: Tree, body_id: str, branch: str) -> bool:
    """Whether a body is the branch or beneath it."""
    return body_id in tree and branch in tree[body_id].path
