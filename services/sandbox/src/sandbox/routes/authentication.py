"""Basic authentication on everything but health, with the account's sid and token."""

import base64
import hmac

from chassis.http.problems import problem
from sandbox.carrier.errors import refusal
from sandbox.carrier.resources import API
from sandbox.routes.carrier.broken_responses import response_of
from starlette.types import ASGIApp, Receive, Scope, Send

_OPEN = ("/healthz", "/readyz")


class BasicAuthentication:
    """ASGI middleware. The Messages API refuses in Twilio's form, everything else with a problem."""

    def __init__(self, app: ASGIApp, *, account: str, token: str) -> None:
        self._app = app
        self._expected = b"Basic " + base64.b64encode(f"{account}:{token}".encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _OPEN:
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        if not hmac.compare_digest(given, self._expected):
            await _refusal(scope["path"])(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _refusal(path: str) -> ASGIApp:
    if path.startswith(f"/{API}/"):
        return response_of(refusal(20003))
    answer = problem(401, "Unauthorised", "the account's sid and token are needed")
    answer.headers["WWW-Authenticate"] = 'Basic realm="Muster sandbox"'
    return answer
