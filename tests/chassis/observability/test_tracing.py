"""What a collector receives about a request: the route, never the path, which holds a member's link or id."""

from collections.abc import AsyncIterator
from pathlib import Path

import ballot.settings
import httpx
import pytest
from aiohttp import web
from local_stack.ports import free_port
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.support.facts import eventually
from tests.support.replicas import replicas
from tests.support.world import World

_SECRET = "a-token-that-nobody-else-may-read"
_TRACE = "0af7651916cd43dd8448eb211c80319c"


class Collector:
    """Takes what an OTLP exporter posts."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.url = f"http://127.0.0.1:{free_port()}/v1/traces"

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        return web.Response()

    def spans(self) -> list[Span]:
        exported = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [
            span
            for each in exported
            for resource in each.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    here = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", here.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", httpx.URL(here.url).port).start()
    yield here
    await runner.cleanup()


async def test_a_collector_receives_the_route_and_the_callers_trace_and_nothing_of_the_path(
    world: World, collector: Collector, tmp_path: Path
) -> None:
    settings = world.settings(ballot.settings.Settings, otlp_endpoint=collector.url)
    async with replicas("ballot", settings, tmp_path) as running:
        await running.scale(1)
        (port,) = running.ports.values()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            caller = {"traceparent": f"00-{_TRACE}-b7ad6b7169203331-01"}
            answer = await client.get(f"/answer/{_SECRET}", params={"name": _SECRET}, headers=caller)

        def received() -> list[Span]:
            return [span for span in collector.spans() if span.trace_id.hex() == _TRACE]

        (span,) = await eventually(received)
    assert span.name == "GET /answer/{token}"
    found = {each.key: each.value for each in span.attributes}
    assert found["http.response.status_code"].int_value == answer.status_code
    assert not any(_SECRET.encode() in body for body in collector.bodies)
