"""One trace from the REST call through the outbox to the consumers."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider, sampling
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, Span, SpanKind

_tracer = trace.get_tracer("muster")


def configure(service: str, endpoint: str) -> TracerProvider:
    """Send spans to an OTLP collector, where one is named. Ids are always made and handed on, but without a collector
    nothing is recorded: that costs a dispatcher a twentieth of its time."""
    sampler = sampling.DEFAULT_ON if endpoint else sampling.ALWAYS_OFF
    provider = TracerProvider(sampler=sampler, resource=Resource.create({"service.name": service}))
    if endpoint:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    trace.set_tracer_provider(provider)
    return provider


def current_traceparent() -> str | None:
    """The W3C header of the span we are in."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def request_span(method: str, headers: dict[str, str]) -> Iterator[Span]:
    """A server span that goes on with the caller's trace; `answered` gives it its name."""
    with _tracer.start_as_current_span(method, context=propagate.extract(headers), kind=SpanKind.SERVER) as span:
        yield span


def answered(span: Span, method: str, route: str, status: int) -> None:
    """Name it by the route's pattern, as OpenTelemetry's conventions for HTTP have it."""
    if span.is_recording():
        span.update_name(f"{method} {route}")
        span.set_attributes({"http.request.method": method, "http.route": route, "http.response.status_code": status})


@contextmanager
def resumed_span(name: str, traceparent: str | None) -> Iterator[None]:
    """A producer span that goes on with a trace that was stored; one of its own where none was."""
    context = propagate.extract({"traceparent": traceparent} if traceparent else {})
    with _tracer.start_as_current_span(name, context=context, kind=SpanKind.PRODUCER):
        yield


@contextmanager
def batch_span(name: str, traceparents: Iterable[str | None]) -> Iterator[None]:
    """A consumer span over a batch, linked to the trace of each record."""
    contexts = {parent: propagate.extract({"traceparent": parent}) for parent in traceparents if parent}
    links = [Link(trace.get_current_span(context).get_span_context()) for context in contexts.values()]
    with _tracer.start_as_current_span(name, kind=SpanKind.CONSUMER, links=links[:128]):
        yield
