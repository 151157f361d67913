"""A server span and a timing for each request."""

import time

from chassis.observability.metrics import Metrics
from chassis.observability.tracing import answered, request_span
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class RequestTracing:
    """ASGI middleware; the route's pattern is recorded, never the path (a link's token is in it)."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._seconds = metrics.histogram("http_request_seconds", "Time to answer", ("method", "route", "status"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        with request_span(method, headers) as span:
            try:
                await self._app(scope, receive, noted)
            finally:
                route = getattr(scope.get("route"), "path", "unknown")
                answered(span, method, route, status)
                self._seconds.labels(method, route, str(status)).observe(time.perf_counter() - started)
