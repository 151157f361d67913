"""GET changes nothing and is answered in time: its transactions are those of `chassis.db.reads`."""

from chassis.db.reads import reading
from starlette.types import ASGIApp, Receive, Scope, Send


class Reads:
    """ASGI middleware; `seconds` is the longest that a statement for a GET may take."""

    def __init__(self, app: ASGIApp, *, seconds: float) -> None:
        self._app, self._seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            with reading(self._seconds):
                await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, send)
