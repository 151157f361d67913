"""Stored JSON Schemas of every event, as a plain client meets it: the whole envelope with its data.

`<type>.json` beside this file is what was released; `make schemas` extends it when an event gained a field, and refuses
what would break a reader or a writer of before.
"""

from pathlib import Path
from typing import Any

import orjson
from contracts.event import Event
from contracts.events_by_topic import ALL_EVENTS

FOLDER = Path(__file__).parent
_TEXT = {"type": "string", "minLength": 1, "maxLength": 200}


def of(kind: type[Event]) -> dict[str, Any]:
    """The schema of an event as the code has it now."""
    data = kind.model_json_schema()
    shared = data.pop("$defs", {})
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
        **({"$defs": shared} if shared else {}),
    }
    loaded: dict[str, Any] = orjson.loads(orjson.dumps(schema, default=str))
    return loaded


def stored(type_name: str) -> dict[str, Any]:
    """The schema as it was released. Raises FileNotFoundError for a type that never was."""
    loaded: dict[str, Any] = orjson.loads(path_of(type_name).read_bytes())
    return loaded


def path_of(type_name: str) -> Path:
    """Where the schema of a type is stored."""
    return FOLDER / f"{type_name}.json"


def as_text(document: object) -> bytes:
    """How documents are stored: for a reader of diffs."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"


def kinds() -> dict[str, type[Event]]:
    """Every event by its type."""
    return {kind.type_name: kind for kind in ALL_EVENTS}
