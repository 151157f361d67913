"""The OpenAPI document of a service: FastAPI's, completed with what the chassis does at every route."""

from collections.abc import Iterator
from typing import Any, Literal

from chassis.errors import MusterError, Refused
from chassis.http.operations import Operation, operations
from chassis.http.problems import PROBLEM
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from pydantic import BaseModel, Field

_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "An access token: `POST /oauth/token` of access with the credentials of a client "
    "(RFC 6749, client credentials). In the local stack `make token` prints one. "
    "Each operation names the scope that the token needs.",
}
_NO_OTHER_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI's own would record paths, in which members' ids and links stand, and costs a webhook a third of its time."""
_RETRY = {
    "Retry-After": {"description": "Seconds until it may be tried again", "schema": {"type": "integer", "minimum": 1}}
}
_HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"description": "Bearer or Basic", "schema": {"type": "string"}}},
    429: _RETRY,
    503: _RETRY,
}


class FieldFault(BaseModel):
    """One thing that is wrong with a request."""

    field: str = Field(description="Path of the field, or name of the parameter or header", examples=["audience.body"])
    reason: str = Field(description="What is wrong with it", examples=["Field required"])


class Problem(BaseModel):
    """An error as RFC 9457 has it, with the fields at fault."""

    type: Literal["about:blank"] = Field(description="There is no page about the error: title and status say it")
    title: str = Field(description="The kind of error; the same for every error of the status", examples=["Refused"])
    status: int = Field(description="The HTTP status", examples=[422])
    detail: str = Field(description="What is wrong with this request", examples=["1 fault"])
    errors: list[FieldFault] = Field(
        [],
        description="Every fault that was found; absent where no single field is at fault",
        examples=[[{"field": "audience.body", "reason": "Field required"}]],
    )


class DocumentedAPI(FastAPI):
    """Operation ids are the names of the functions; problems, security and scopes are in the document."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **options,
            generate_unique_id_function=_function_name,
            docs_url=None,
            redoc_url=None,
            telemetry=_NO_OTHER_TELEMETRY,
        )

    def openapi(self) -> dict[str, Any]:
        """The document, made at the first call."""
        if not self.openapi_schema:
            _complete(super().openapi(), self)
        return super().openapi()


def _function_name(route: APIRoute) -> str:
    return route.name


def _complete(document: dict[str, Any], api: DocumentedAPI) -> None:
    found = {(each.path, method.lower()): each for each in operations(api) for method in each.methods}
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"), Problem=problem)
    components["responses"] = {}
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            operation = found[path, method]
            _secure(described, operation)
            _answer(described, operation, components["responses"])
            if operation.needs:
                components["securitySchemes"] = {"bearer": _BEARER}


def _secure(described: dict[str, Any], operation: Operation) -> None:
    scopes = sorted(needs.scope for needs in operation.needs)
    described.setdefault("security", [{"bearer": scopes}] if scopes else [])
    note = f"Scope: {', '.join(f'`{scope}`' for scope in scopes)}" if scopes else f"Guard: {operation.public}"
    described["description"] = f"{described.get('description', '')}\n\n{note}.".strip()


def _answer(described: dict[str, Any], operation: Operation, shared: dict[str, Any]) -> None:
    answers = described["responses"]
    if "HTTPValidationError" in str(answers.get("422")):
        del answers["422"]
    declared = {int(status) for status, answer in answers.items() if PROBLEM in answer.get("content", {})}
    for status in {*declared, *_statuses(described, operation)}:
        kind, answer = _KINDS[status], answers.get(str(status), {})
        pages = {name: content for name, content in answer.get("content", {}).items() if name != PROBLEM}
        if pages:
            answer["content"] = pages | _response(kind)["content"]
        else:
            shared[kind.__name__] = _response(kind)
            answers[str(status)] = {"$ref": f"#/components/responses/{kind.__name__}"}
    described["responses"] = dict(sorted(answers.items()))


def _statuses(described: dict[str, Any], operation: Operation) -> Iterator[int]:
    """The errors that follow from what a route takes; 503 is possible wherever a token or the database is needed."""
    headers = {each["name"]: each["required"] for each in described.get("parameters", ()) if each["in"] == "header"}
    yield 503
    if operation.needs:
        yield from (401, 403)
    if operation.query is not None or "requestBody" in described or described.get("parameters"):
        yield 422
    if "requestBody" in described:
        yield 413
    if "if-match" in headers:
        yield from (412, 428) if headers["if-match"] else (412,)


def _response(kind: type[MusterError]) -> dict[str, Any]:
    text = (kind.__doc__ or "").partition("\n")[0]
    example = {"type": "about:blank", "title": kind.title, "status": kind.status, "detail": text}
    if kind is Refused:
        example["errors"] = [{"field": "limit", "reason": "Input should be less than or equal to 500"}]
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    headers = _HEADERS.get(kind.status)
    return {"description": text, "content": content} | ({"headers": headers} if headers else {})


def _kinds(kind: type[MusterError]) -> Iterator[type[MusterError]]:
    yield kind
    for inner in kind.__subclasses__():
        yield from _kinds(inner)


_KINDS = {kind.status: kind for kind in _kinds(MusterError) if kind.__module__ == MusterError.__module__}
