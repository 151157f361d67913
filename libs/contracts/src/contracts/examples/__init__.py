"""Example envelopes of every event: `<type>.json` as first released, `<type>.2.json` … after it gained fields.

Stored examples are never changed: tests prove that new code reads the old ones.
"""

from pathlib import Path

import orjson
from contracts.event import Event
from contracts.schemas import as_text
from pydantic import JsonValue

FOLDER = Path(__file__).parent


def of(type_name: str) -> dict[str, bytes]:
    """Every stored example of a type by its file name, the oldest first."""
    later = sorted(FOLDER.glob(f"{type_name}.[0-9]*.json"), key=lambda path: int(path.name.split(".")[-2]))
    first = FOLDER / f"{type_name}.json"
    return {path.name: path.read_bytes() for path in (first, *later) if path.exists()}


def extend(kind: type[Event]) -> None:
    """Store a further example if the event has fields that the newest one lacks."""
    stored = list(of(kind.type_name).values())
    further = extended(kind, stored[-1]) if stored else None
    if further is not None:
        (FOLDER / f"{kind.type_name}.{len(stored) + 1}.json").write_bytes(further)


def extended(kind: type[Event], body: bytes) -> bytes | None:
    """The example with the fields that it lacks, at their defaults; None when it has them all."""
    example: dict[str, JsonValue] = orjson.loads(body)
    data = kind.model_validate(example["data"]).model_dump(mode="json")
    return as_text({**example, "data": data}) if _fields(data) - _fields(example["data"]) else None


def _fields(data: JsonValue, path: str = "") -> set[str]:
    """The path of every field; all entries of a list have the same."""
    if isinstance(data, dict):
        return {path, *(inner for key, value in data.items() for inner in _fields(value, f"{path}.{key}"))}
    if isinstance(data, list):
        return {path, *(inner for value in data for inner in _fields(value, f"{path}[]"))}
    return {path}
