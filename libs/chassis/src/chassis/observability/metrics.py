"""Counters of one application, served on a port of their own."""

from collections.abc import Sequence
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

M = TypeVar("M", Counter, Gauge, Histogram)


class Metrics:
    """A registry an application, so that several can live in one process. Asking twice gives the same one."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._made: dict[str, Any] = {}

    def counter(self, name: str, text: str, labels: Sequence[str] = ()) -> Counter:
        return self._once(Counter, name, text, labels)

    def gauge(self, name: str, text: str, labels: Sequence[str] = ()) -> Gauge:
        return self._once(Gauge, name, text, labels)

    def histogram(self, name: str, text: str, labels: Sequence[str] = ()) -> Histogram:
        """In seconds unless the name says otherwise."""
        return self._once(Histogram, name, text, labels)

    def _once(self, kind: type[M], name: str, text: str, labels: Sequence[str]) -> M:
        if name not in self._made:
            self._made[name] = kind(name, text, labels, registry=self.registry)
        made: M = self._made[name]
        return made


class MetricsServer:
    """Serves a registry over HTTP until closed."""

    def __init__(self, metrics: Metrics, host: str, port: int) -> None:
        self._server, self._thread = start_http_server(port, host, metrics.registry)
        self.port = int(self._server.server_port)

    def close(self) -> None:
        """Stop answering and give the port back."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
