"""The front door for other systems: CloudEvents in all three modes."""

from typing import Annotated, Any

from chassis.http.auth import Caller, needs
from chassis.http.problems import given
from contracts.union_events import BallotDeclared, DisputeDeclared, MeetingScheduled
from fastapi import APIRouter, Depends, Request
from members.domain.envelopes import BATCHED, JSON, STRUCTURED, read_events
from members.domain.facts import MemberFact
from members.routes.common import union_wide
from members.service.intake import Intake

router = APIRouter(tags=["events"])
Service = Annotated[Intake, Depends(given(Intake))]
Poster = Annotated[Caller, Depends(needs("events:write"))]
_TOLD = {kind.type_name: kind for kind in (MeetingScheduled, DisputeDeclared, BallotDeclared)} | MemberFact.known


def _envelope(name: str, data: dict[str, Any]) -> dict[str, Any]:
    text = {"type": "string", "minLength": 1, "maxLength": 200}
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": text,
            "source": text,
            "type": {"const": name},
            "subject": text,
            "time": {"type": "string", "format": "date-time"},
            "data": data,
        },
    }


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without `$defs`: inside the API's description nobody would find them."""
    known = schema.pop("$defs", {})

    def resolved(part: Any) -> Any:
        if isinstance(part, list):
            return [resolved(item) for item in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            return resolved(known[part["$ref"].rpartition("/")[2]])
        return {name: resolved(item) for name, item in part.items()}

    return {name: resolved(item) for name, item in schema.items()}


def _schemas() -> dict[str, Any]:
    """Request bodies of each mode, for the API's description."""
    said = {name: _inlined(kind.model_json_schema()) for name, kind in _TOLD.items()}
    one = {"oneOf": [_envelope(name, schema) for name, schema in said.items()]}
    return {
        STRUCTURED: {"schema": one},
        BATCHED: {"schema": {"type": "array", "minItems": 1, "items": one}},
        JSON: {"schema": {"oneOf": list(said.values())}},
    }


@router.post("/events", status_code=202, openapi_extra={"requestBody": {"required": True, "content": _schemas()}})
async def post_events(intake: Service, caller: Poster, request: Request) -> dict[str, Any]:
    """Structured, batched, or binary (`ce-` headers, data as JSON).

    202 comes after the commit that holds the event; the same source and id with the same content gets the stored
    answer, other content is refused. A batch is all or nothing, its faults carry the index. Keys are kept for 90 days.
    """
    union_wide(caller)
    headers = {name: value for name, value in request.headers.items() if name.startswith("ce-")}
    events = read_events(request.headers.get("content-type", ""), headers, await request.body())
    return {"events": await intake.accept(events, caller)}
