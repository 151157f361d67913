"""OpenAPI description of the request body of `POST /events`, made from the types of its events."""

from collections.abc import Mapping

from members.domain.intake.cloudevents import BATCHED, JSON, STRUCTURED
from members.domain.intake.event_types import MEMBER_EVENTS
from members.domain.intake.posted_events import UNION_EVENTS

Schema = dict[str, object]


def _text(description: str, example: str) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": 200, "description": description, "examples": [example]}


def _envelope(type_name: str, data: Schema) -> Schema:
    time: Schema = {"type": "string", "format": "date-time", "description": "When it happened"}
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "data"],
        "properties": {
            "specversion": {"const": "1.0", "description": "Version of CloudEvents"},
            "id": _text("Unique within the source; the same id is the same event", "2026-000123"),
            "source": _text("The system that posts it", "membership-system"),
            "type": {"const": type_name, "description": "Type of the event"},
            "subject": _text("Key on Kafka of an event that is not about a member", "dispute-7"),
            "time": {**time, "examples": ["2026-01-05T10:00:00Z"]},
            "data": data,
        },
    }


def _inlined(schema: Schema) -> Schema:
    """A schema without `$defs`: references into them do not resolve inside an OpenAPI document."""
    definitions = schema.pop("$defs", {})
    assert isinstance(definitions, Mapping)

    def resolved(part: object) -> object:
        if isinstance(part, list):
            return [resolved(item) for item in part]
        if not isinstance(part, dict):
            return part
        target = definitions[part["$ref"].rpartition("/")[2]] if "$ref" in part else {}
        return {name: resolved(item) for name, item in {**target, **part}.items() if name != "$ref"}

    return {name: resolved(item) for name, item in schema.items()}


def _request_body() -> Schema:
    kinds = {**UNION_EVENTS, **MEMBER_EVENTS}
    data = {name: _inlined(kind.model_json_schema()) for name, kind in kinds.items()}
    event = {"oneOf": [_envelope(name, schema) for name, schema in data.items()]}
    return {
        "required": True,
        "content": {
            STRUCTURED: {"schema": event},
            BATCHED: {"schema": {"type": "array", "minItems": 1, "items": event}},
            JSON: {"schema": {"oneOf": list(data.values())}},
        },
    }


REQUEST_BODY = _request_body()
