"""The one door: Basic authentication on everything but health; outside it, the connection for faults that need it."""

import base64
import hmac

from sandbox.mischief import TRANSPORT, response_of
from sandbox.wire import API, refusal
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_OPEN = ("/healthz", "/readyz")


class Connected:
    """Puts the connection into the scope. Outermost: only the server's own `receive` is a method of its request cycle,
    which knows the connection; FastAPI hands on wrappers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[TRANSPORT] = getattr(getattr(receive, "__self__", None), "transport", None)
        await self._app(scope, receive, send)


class Door:
    """ASGI middleware; the account's sid and token open it."""

    def __init__(self, app: ASGIApp, *, account: str, token: str) -> None:
        self._app = app
        self._key = b"Basic " + base64.b64encode(f"{account}:{token}".encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _OPEN:
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        if not hmac.compare_digest(given, self._key):
            await _refusal(scope["path"])(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _refusal(path: str) -> ASGIApp:
    if path.startswith(f"/{API}/"):
        return response_of(refusal(20003))
    headers = {"WWW-Authenticate": 'Basic realm="Muster sandbox"'}
    return PlainTextResponse("The account's sid and token are needed.", 401, headers)
