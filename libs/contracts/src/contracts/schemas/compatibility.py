"""Full compatibility: readers and writers of before and of now understand each other.

A new field has a default; nothing is removed, renamed, tightened, widened or given another default. What an old reader
does not know it ignores, and what an old writer did not write has its default.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_WORDS = frozenset({"title", "description"})
"""What is for people only may change."""


def faults(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Everything in which `new` is not a full-compatible extension of `old`, by its path."""
    return list(_compared(old, new, "", old, new))


def _compared(old: Any, new: Any, path: str, old_root: Mapping[str, Any], new_root: Mapping[str, Any]) -> Iterator[str]:
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        yield from _compared_values(old, new, path, old_root, new_root)
        return
    old, new = _resolved(old, old_root), _resolved(new, new_root)
    for key in sorted((old.keys() | new.keys()) - _WORDS - {"$defs", "properties", "required"}):
        if key not in old or key not in new:
            yield f"{path or 'schema'}: {key} was {'removed' if key in old else 'added'}"
        else:
            yield from _compared(old[key], new[key], f"{path}/{key}" if path else key, old_root, new_root)
    yield from _compared_fields(old, new, path, old_root, new_root)


def _compared_fields(
    old: Mapping[str, Any], new: Mapping[str, Any], path: str, old_root: Mapping[str, Any], new_root: Mapping[str, Any]
) -> Iterator[str]:
    before, now = old.get("properties", {}), new.get("properties", {})
    for field in sorted(before.keys() - now.keys()):
        yield f"{_at(path, field)}: the field was removed or renamed"
    for field in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
        told = "it was optional before" if field in before else "a new field needs a default"
        yield f"{_at(path, field)}: the field is required, but {told}"
    for field in sorted(set(old.get("required", ())) & now.keys() - set(new.get("required", ()))):
        yield f"{_at(path, field)}: the field was required, and readers of before need it"
    for field in sorted(before.keys() & now.keys()):
        yield from _compared(before[field], now[field], _at(path, field), old_root, new_root)


def _compared_values(
    old: Any, new: Any, path: str, old_root: Mapping[str, Any], new_root: Mapping[str, Any]
) -> Iterator[str]:
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for place, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _compared(one, other, f"{path}/{place}", old_root, new_root)
    elif old != new:
        yield f"{path}: was {old!r}, is {new!r}"


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Mapping[str, Any] = root["$defs"][str(reference).removeprefix("#/$defs/")]
    return {**found, **{key: value for key, value in schema.items() if key != "$ref"}}


def _at(path: str, field: str) -> str:
    return f"{path}.{field}" if path else field
