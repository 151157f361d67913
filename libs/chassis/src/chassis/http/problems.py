"""How our errors and limits look over HTTP: problem+json (RFC 9457) with the field and the reason."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import orjson
from chassis.db.database import passes, sqlstate
from chassis.errors import Fault, MusterError, PreconditionRequired, Refused, TooLarge, TooMany, Unavailable
from chassis.observability.logs import get
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

log = get(__name__)
T = TypeVar("T")
PROBLEM = "application/problem+json"
_HEADERS = {
    "ETag": "The version, for If-Match of a later change",
    "Location": "Where what was created is found",
}


def given(kind: type[T]) -> Callable[[Request], Awaitable[T]]:
    """A dependency: the application's one object of this kind, as given to it by its app.py.

    Async although it awaits nothing: FastAPI would hand a plain function to a thread, at each request.
    """

    async def provide(request: Request) -> T:
        found: T = request.app.state.given[kind]
        return found

    return provide


def problem(status: int, title: str, detail: str, faults: Sequence[Fault] = ()) -> Response:
    """The one shape of every error answer."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if faults:
        body["errors"] = [{"field": fault.field, "reason": fault.reason} for fault in faults]
    return Response(orjson.dumps(body), status, media_type=PROBLEM)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route: errors that it answers beside those that follow from its parameters.

    401, 403, 412 (If-Match), 413, 422, 428 (If-Match) and 503 are added by `chassis.http.openapi` where they can occur.
    """
    return {status: {"content": {PROBLEM: {}}} for status in statuses}


def response_headers(status: int, *names: str) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route: headers of an answer, such as `response_headers(201, "ETag", "Location")`."""
    return {
        status: {"headers": {name: {"description": _HEADERS[name], "schema": {"type": "string"}} for name in names}}
    }


def answer_for(error: MusterError) -> Response:
    """A meant error as an answer."""
    answer = problem(error.status, error.title, str(error), error.faults if isinstance(error, Refused) else ())
    if error.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooMany | Unavailable):
        answer.headers["Retry-After"] = str(max(1, round(error.retry_after)))
    if isinstance(error, TooLarge):
        answer.headers["Connection"] = "close"  # what has not been read of the body is never read
    return answer


def install_problems(api: FastAPI) -> None:
    """Every error of every route leaves as problem+json, without a value of the request."""
    handlers: dict[Any, Callable[[Request, Any], Awaitable[Response]]] = {
        MusterError: _meant,
        RequestValidationError: _invalid,
        HTTPException: _plain,
        DBAPIError: _from_database,
        Exception: _bug,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


async def _meant(_: Request, error: MusterError) -> Response:
    return answer_for(error)


async def _invalid(_: Request, error: RequestValidationError) -> Response:
    if any(item["type"] == "missing" and item["loc"] == ("header", "if-match") for item in error.errors()):
        return answer_for(PreconditionRequired("say in If-Match which version you change", field="If-Match"))
    faults = [Fault(_path(item["loc"]), str(item["msg"])) for item in error.errors()]
    return problem(422, "Refused", f"{len(faults)} faults" if len(faults) > 1 else "1 fault", faults)


def _path(location: Sequence[str | int]) -> str:
    inner = location[1:] if location and location[0] in {"body", "query", "path", "header"} else location
    return ".".join(map(str, inner)) or str(location[0] if location else "body")


async def _plain(_: Request, error: HTTPException) -> Response:
    answer = problem(error.status_code, str(error.detail), str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


async def _from_database(request: Request, error: DBAPIError) -> Response:
    if passes(error):
        return answer_for(Unavailable("the database does not answer"))
    if sqlstate(error.orig).startswith("22"):
        return problem(422, "Refused", "a value cannot be stored")  # the database does not say whose it is
    return await _bug(request, error)


async def _bug(request: Request, error: Exception) -> Response:
    log.error("request failed", route=request.scope.get("path_format", ""), error=type(error).__name__, exc_info=error)
    return problem(500, "Internal error", "this is a fault of ours; it has been logged")
