"""HTTP responses of the Messages API: whole, reset, cut or slow."""

import asyncio
import socket
import struct

from sandbox.carrier.errors import TwilioAnswer
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

_TRANSPORT = "sandbox.transport"
HTML_PAGE = HTMLResponse("<!doctype html><title>Gateway</title><h1>It works!</h1>")


class ConnectionInScope:
    """Outermost ASGI middleware: puts the connection into the scope. Only the server's own `receive` is a method of its
    request cycle, which has the connection; FastAPI passes wrappers of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[_TRANSPORT] = getattr(getattr(receive, "__self__", None), "transport", None)
        await self._app(scope, receive, send)


def response_of(answer: TwilioAnswer) -> Response:
    """An answer as HTTP."""
    body = "" if answer.body is None else answer.body.model_dump_json()
    return Response(body, answer.status, answer.headers, "application/json")


class Reset(Response):
    """No answer: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport: asyncio.Transport = scope[_TRANSPORT]
        connection = transport.get_extra_info("socket")
        if not transport.is_closing():  # the client may have hung up by now
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        await _disconnected(receive)


class Cut(Response):
    """Headers promise the whole body; half of it is sent, and then the connection closes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytes(self.body)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        transport: asyncio.Transport = scope[_TRANSPORT]
        transport.close()
        await _disconnected(receive)


class Slow(Response):
    """The body is sent byte by byte within `seconds`."""

    seconds = 5.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytes(self.body)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for index in range(len(body)):
            await asyncio.sleep(self.seconds / len(body))
            await send({"type": "http.response.body", "body": body[index : index + 1], "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _disconnected(receive: Receive) -> None:
    """Wait for the connection's end, so that the server sends nothing more."""
    while (await receive())["type"] != "http.disconnect":
        pass
