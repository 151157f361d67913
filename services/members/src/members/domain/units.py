"""Bodies of the union as a tree: union, region, branch, workplace."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from chassis.errors import Fault, Refused
from members.domain.field_types import BodyId, ShortText, Slug, Version
from pydantic import Field


class UnitKind(StrEnum):
    """Level of a body."""

    UNION = "union"
    REGION = "region"
    BRANCH = "branch"
    WORKPLACE = "workplace"


_PARENT_KINDS: Mapping[UnitKind, frozenset[UnitKind | None]] = {
    UnitKind.UNION: frozenset({None}),
    UnitKind.REGION: frozenset({UnitKind.UNION}),
    UnitKind.BRANCH: frozenset({UnitKind.REGION, UnitKind.UNION}),
    UnitKind.WORKPLACE: frozenset({UnitKind.BRANCH}),
}


Level = Annotated[UnitKind, Field(description="Level in the tree", examples=["branch"])]
Name = Annotated[ShortText, Field(description="Name as members know it", examples=["Leeds"])]
ParentId = Annotated[Slug | None, Field(description="Id of the parent; null for the union", examples=["north"])]
Path = Annotated[
    tuple[str, ...],
    Field(description="Ids from the union down to the body itself", examples=[["union", "north", "leeds"]]),
]


@dataclass(frozen=True, slots=True)
class Unit:
    """A body of the union."""

    id: BodyId
    kind: Level
    name: Name
    parent: ParentId
    path: Path
    version: Version


UnitTree = Mapping[str, Unit]
"""Bodies by id, with the ancestors of each."""


def place_under(parent: Unit | None, unit_id: str, kind: UnitKind, name: str, version: int) -> Unit:
    """A body under its parent. Raises Refused when the parent is of the wrong kind or beneath the body."""
    if (parent.kind if parent else None) not in _PARENT_KINDS[kind]:
        allowed = " or ".join(sorted(item or "nothing" for item in _PARENT_KINDS[kind]))
        raise Refused(f"a {kind} stands under {allowed}", field="parent")
    if parent and unit_id in parent.path:
        raise Refused("a body cannot stand beneath itself", field="parent")
    ancestors = parent.path if parent else ()
    return Unit(unit_id, kind, name, parent.id if parent else None, (*ancestors, unit_id), version)


def lineage(tree: UnitTree, unit_id: str) -> dict[UnitKind, Unit]:
    """The body and its ancestors, by kind."""
    return {tree[step].kind: tree[step] for step in tree[unit_id].path}


def is_within(tree: UnitTree, unit_id: str, ancestor: str) -> bool:
    """Whether a body is the ancestor or stands beneath it."""
    return unit_id in tree and ancestor in tree[unit_id].path


def place_fault(tree: UnitTree, branch: str, workplace: str | None) -> Fault | None:
    """What is wrong with a branch, or with a workplace in it; None: nothing."""
    if branch not in tree or tree[branch].kind is not UnitKind.BRANCH:
        return Fault("branch", "is not the id of a branch")
    if workplace and not is_within(tree, workplace, branch):
        return Fault("workplace", "is not the id of a workplace in that branch")
    return None


def refuse_unknown(tree: UnitTree, unit_id: str, field: str) -> None:
    """Raises Refused unless the body exists."""
    if unit_id not in tree:
        raise Refused("is not the id of a body", field=field)
