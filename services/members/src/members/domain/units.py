"""Bodies of the union as a tree: union, region, branch, workplace."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chassis.errors import Refused


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


@dataclass(frozen=True, slots=True)
class Unit:
    """One body. `path` holds the ids from the union down to the body itself."""

    id: str
    kind: UnitKind
    name: str
    parent: str | None
    path: tuple[str, ...]
    version: int


UnitTree = Mapping[str, Unit]
"""Bodies by id, with the ancestors of each."""


@dataclass(frozen=True, slots=True)
class UnitLocation:
    """Path, region and branch of a body."""

    path: tuple[str, ...]
    region: str | None
    region_name: str | None
    branch: str | None
    branch_name: str | None


def place_under(parent: Unit | None, unit_id: str, kind: UnitKind, name: str, version: int) -> Unit:
    """A body under its parent. Raises Refused when the parent is of the wrong kind or beneath the body."""
    if (parent.kind if parent else None) not in _PARENT_KINDS[kind]:
        allowed = " or ".join(sorted(item or "nothing" for item in _PARENT_KINDS[kind]))
        raise Refused(f"a {kind} stands under {allowed}", field="parent")
    if parent and unit_id in parent.path:
        raise Refused("a body cannot stand beneath itself", field="parent")
    ancestors = parent.path if parent else ()
    return Unit(unit_id, kind, name, parent.id if parent else None, (*ancestors, unit_id), version)


def location(tree: UnitTree, unit_id: str) -> UnitLocation:
    """Where a body stands in the tree."""
    lineage = [tree[step] for step in tree[unit_id].path]
    region = next((unit for unit in lineage if unit.kind is UnitKind.REGION), None)
    branch = next((unit for unit in lineage if unit.kind is UnitKind.BRANCH), None)
    return UnitLocation(
        path=tree[unit_id].path,
        region=region.id if region else None,
        region_name=region.name if region else None,
        branch=branch.id if branch else None,
        branch_name=branch.name if branch else None,
    )


def is_within(tree: UnitTree, unit_id: str, ancestor: str) -> bool:
    """Whether a body is the ancestor or stands beneath it."""
    return unit_id in tree and ancestor in tree[unit_id].path


def is_branch(tree: UnitTree, unit_id: str) -> bool:
    """Whether this is the id of a branch."""
    return unit_id in tree and tree[unit_id].kind is UnitKind.BRANCH


def refuse_unknown(tree: UnitTree, unit_id: str, field: str) -> None:
    """Raises Refused unless the body exists."""
    if unit_id not in tree:
        raise Refused("is not the id of a body", field=field)
