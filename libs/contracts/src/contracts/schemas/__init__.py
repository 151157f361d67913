"""Stored JSON Schemas of every event, each of the whole envelope with its data.

`<type>.json` beside this file is the released schema. `make schemas` extends it when an event gained a field, and
refuses what would break an older reader or writer.
"""

from pathlib import Path

import orjson
from contracts.event import Event
from contracts.events.by_topic import ALL_EVENTS
from pydantic import JsonValue

FOLDER = Path(__file__).parent
_TEXT: dict[str, JsonValue] = {"type": "string", "minLength": 1, "maxLength": 200}


def of(kind: type[Event]) -> dict[str, JsonValue]:
    """The schema of an event as the code defines it."""
    data = kind.model_json_schema()
    definitions = data.pop("$defs", {})
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:muster:event:{kind.type_name}",
        "title": kind.type_name,
        "description": data.get("description", ""),
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": _TEXT,
            "source": _TEXT,
            "type": {"const": kind.type_name},
            "subject": _TEXT,
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "traceparent": {"type": "string", "maxLength": 100},
            "data": data,
        },
        **({"$defs": definitions} if definitions else {}),
    }
    loaded: dict[str, JsonValue] = orjson.loads(orjson.dumps(schema, default=str))
    return loaded


def stored(type_name: str) -> dict[str, JsonValue]:
    """The released schema of a type. Raises FileNotFoundError when there is none."""
    loaded: dict[str, JsonValue] = orjson.loads(path_of(type_name).read_bytes())
    return loaded


def path_of(type_name: str) -> Path:
    """Where the schema of a type is stored."""
    return FOLDER / f"{type_name}.json"


def as_text(document: object) -> bytes:
    """A document as it is stored: indented, so that differences can be read."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"


def kinds() -> dict[str, type[Event]]:
    """Every event class by its type name."""
    return {kind.type_name: kind for kind in ALL_EVENTS}
