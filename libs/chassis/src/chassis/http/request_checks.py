"""What a request is checked for before its body is read: method, token and scope, names of query parameters."""

from collections.abc import Sequence

from chassis.errors import Fault, MusterError, Refused
from chassis.http.auth import CALLER
from chassis.http.operations import Operation, operations
from chassis.http.problems import answer_for, problem
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send


class RequestChecks:
    """ASGI middleware around the body limits. A path without a route and a request without a body go on to the router,
    which answers 404 or a redirect; a body that no route takes is not read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._operations: tuple[Operation, ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = await self._refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        if _has_body(scope):
            refusal.headers["Connection"] = "close"  # what has not been read of the body is never read
        await refusal(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        self._operations = self._operations or tuple(operations(scope["app"]))
        path, method = scope["path"], scope["method"]
        here = [operation for operation in self._operations if operation.pattern.match(path)]
        if not here:
            return problem(404, "Not Found", "Not Found") if _has_body(scope) else None
        scope["route"] = here[0].route
        found = next((operation for operation in here if method in operation.methods), None)
        if found is None:
            return _not_allowed(here)
        scope["route"] = found.route
        try:
            request = Request(scope)
            for needs in found.needs:
                scope[CALLER] = await needs(request)
            _refuse_unknown(request, found)
        except MusterError as error:
            return answer_for(error)
        return None


def _not_allowed(here: Sequence[Operation]) -> Response:
    """405 with every method of the path, whichever router has it (RFC 9110, 15.5.6)."""
    answer = problem(405, "Method Not Allowed", "Method Not Allowed")
    answer.headers["Allow"] = ", ".join(sorted({method for operation in here for method in operation.methods}))
    return answer


def _refuse_unknown(request: Request, operation: Operation) -> None:
    if operation.query is None:
        return
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in operation.query]
    if unknown:
        faults = [Fault(name, "is not a query parameter of this path") for name in unknown]
        raise Refused(f"{len(faults)} faults" if len(faults) > 1 else "1 fault", faults=faults)


def _has_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )
