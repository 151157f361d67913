"""Counters of one application, served on a port of their own."""

from collections.abc import Sequence

from chassis.observability.logs import get
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

log = get(__name__)


class Metrics:
    """A registry an application, so that several can live in one process. Asking twice gives the same one."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}

    def counter(self, name: str, text: str, labels: Sequence[str] = ()) -> Counter:
        """Counts up."""
        if name not in self._counters:
            self._counters[name] = Counter(name, text, labels, registry=self.registry)
        return self._counters[name]

    def gauge(self, name: str, text: str, labels: Sequence[str] = ()) -> Gauge:
        """Goes up and down."""
        if name not in self._gauges:
            self._gauges[name] = Gauge(name, text, labels, registry=self.registry)
        return self._gauges[name]

    def histogram(self, name: str, text: str, labels: Sequence[str] = ()) -> Histogram:
        """Spreads; in seconds unless the name says otherwise."""
        if name not in self._histograms:
            self._histograms[name] = Histogram(name, text, labels, registry=self.registry)
        return self._histograms[name]


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
