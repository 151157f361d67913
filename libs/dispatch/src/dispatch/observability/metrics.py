"""What a dispatcher counts. Names are DELIVERY.md's; `channel` tells the dispatchers apart."""

from collections.abc import Callable, Mapping
from functools import partial

from chassis.observability.metrics import Metrics
from prometheus_client import Counter


class DispatchMetrics:
    """The counters and gauges of one dispatcher."""

    def __init__(self, metrics: Metrics, channel: str) -> None:
        def counter(name: str, text: str) -> Counter:
            return metrics.counter(name, text, ("channel",)).labels(channel)

        def counter_by(label: str, name: str, text: str) -> Callable[[str], Counter]:
            return partial(metrics.counter(name, text, ("channel", label)).labels, channel)

        self.admitted = counter("admitted", "Requests that became rows")
        self.claimed = counter("claimed", "Deliveries claimed")
        self.waited = counter_by("why", "waited", "Deliveries put back by the gate")
        self.skipped = counter_by("reason", "skipped", "Deliveries refused by the gate")
        self.outcomes = counter_by("outcome", "outcomes", "What providers answered")
        self.our_fault = counter_by("why", "not_sent_for_our_fault", "Put off until an operator mends something")
        self.unknown_alarm = counter("gave_up_waiting", "Skipped after waiting for an unknown member or campaign")
        self.opened = counter("in_doubt_opened", "Deliveries that became in doubt")
        self.resolved = counter_by("by", "in_doubt_resolved", "Deliveries whose doubt was ended")
        self.duplicates = counter("duplicates_detected", "A second reference for one delivery")
        self.resent = counter("resent_after_negative", "Sent again after two negative looks")
        self.late = counter("late_starts", "Calls not made because they would have started too late")
        self.unknown = counter("receipts_unknown", "Receipts for deliveries the ledger does not have")
        self.published = counter("published", "Events put on the deliveries topic")
        self.lowered = counter("rate_lowered", "Times the shared rate was lowered")
        self._channel = channel
        self._gauges = {
            name: metrics.gauge(name, text, ("channel",))
            for name, text in {
                "in_doubt_open": "Deliveries in doubt now",
                "in_doubt_oldest_seconds": "Since the oldest one's deadline",
                "held_open": "Deliveries that wait for a person",
                "address_holds_open": "Unclear stops that wait for a person",
                "address_holds_oldest_seconds": "Since the oldest of them came",
                "unpublished_oldest_seconds": "Since the oldest unpublished transition",
                "due_rows": "Rows that could be claimed now, at most 100,000",
            }.items()
        }

    def measured(self, values: Mapping[str, float]) -> None:
        """What one replica has counted for all."""
        for name, value in values.items():
            self._gauges[name].labels(self._channel).set(value)

    def forget(self) -> None:
        """Another replica counts from now on."""
        for gauge in self._gauges.values():
            gauge.clear()
