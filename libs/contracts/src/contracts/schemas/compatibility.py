"""Full compatibility of JSON Schemas: old and new readers and writers understand each other.

A new field has a default; nothing is removed, renamed, tightened, widened or given another default. An old reader
ignores fields it does not know, and a new reader uses the default of a field that an old writer did not write.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

Schema = Mapping[str, JsonValue]
_FOR_PEOPLE = frozenset({"title", "description"})
"""Keywords that may change."""


def faults(old: Schema, new: Schema) -> list[str]:
    """Everything in which `new` is not a fully compatible extension of `old`, each with its path."""
    return list(_Comparison(old, new).values(old, new, ""))


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Of two schemas; their roots hold the definitions that `$ref` points to."""

    old_root: Schema
    new_root: Schema

    def values(self, old: JsonValue | Schema, new: JsonValue | Schema, path: str) -> Iterator[str]:
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from self._objects(_resolved(old, self.old_root), _resolved(new, self.new_root), path)
        elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            for position, (one, other) in enumerate(zip(old, new, strict=True)):
                yield from self.values(one, other, f"{path}/{position}")
        elif old != new:
            yield f"{path}: was {old!r}, is {new!r}"

    def _objects(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        for key in sorted((old.keys() | new.keys()) - _FOR_PEOPLE - {"$defs", "properties", "required"}):
            if key not in old or key not in new:
                yield f"{path or 'schema'}: {key} was {'removed' if key in old else 'added'}"
            else:
                yield from self.values(old[key], new[key], f"{path}/{key}" if path else key)
        yield from self._properties(old, new, path)

    def _properties(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        before, now = _object(old.get("properties")), _object(new.get("properties"))
        was_required, is_required = _names(old.get("required")), _names(new.get("required"))
        for field in sorted(before.keys() - now.keys()):
            yield f"{_at(path, field)}: the field was removed or renamed"
        for field in sorted(is_required - was_required):
            reason = "it was optional before" if field in before else "a new field needs a default"
            yield f"{_at(path, field)}: the field is required, but {reason}"
        for field in sorted((was_required & now.keys()) - is_required):
            yield f"{_at(path, field)}: the field was required, and older readers need it"
        for field in sorted(before.keys() & now.keys()):
            yield from self.values(before[field], now[field], _at(path, field))


def _resolved(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    definition = _object(_object(root["$defs"])[str(reference).removeprefix("#/$defs/")])
    return {**definition, **{key: value for key, value in schema.items() if key != "$ref"}}


def _object(value: JsonValue) -> Schema:
    return value if isinstance(value, dict) else {}


def _names(value: JsonValue) -> set[str]:
    return {str(name) for name in value} if isinstance(value, list) else set()


def _at(path: str, field: str) -> str:
    return f"{path}.{field}" if path else field
