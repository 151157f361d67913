"""What a dispatcher counts. Names are DELIVERY.md's; `channel` tells the dispatchers apart."""

from chassis.observability.metrics import Metrics
from dispatch.ledger.ledger import Applied


class DispatchMetrics:
    """The counters and gauges of one dispatcher."""

    def __init__(self, metrics: Metrics, channel: str) -> None:
        def counter(name: str, text: str, *labels: str):  # type: ignore[no-untyped-def]
            made = metrics.counter(name, text, ("channel", *labels))
            return made if labels else made.labels(channel)

        def gauge(name: str, text: str):  # type: ignore[no-untyped-def]
            return metrics.gauge(name, text, ("channel",)).labels(channel)

        self._channel = channel
        self.admitted = counter("admitted", "Requests that became rows")
        self.claimed = counter("claimed", "Deliveries claimed")
        self._waited = counter("waited", "Deliveries put back by the gate", "why")
        self._skipped = counter("skipped", "Deliveries refused by the gate", "reason")
        self._outcomes = counter("outcomes", "What providers answered", "outcome")
        self._our_fault = counter("not_sent_for_our_fault", "Put off for what somebody of ours must mend", "why")
        self.unknown_alarm = counter("gave_up_waiting", "Skipped after waiting for an unknown member or campaign")
        self.opened = counter("in_doubt_opened", "Deliveries that became in doubt")
        self._resolved = counter("in_doubt_resolved", "Deliveries whose doubt was ended", "by")
        self.duplicates = counter("duplicates_detected", "A second reference for one delivery")
        self.resent = counter("resent_after_negative", "Sent again after two negative looks")
        self.late = counter("late_starts", "Calls not made because they would have started too late")
        self.unknown = counter("receipts_unknown", "Receipts for deliveries the ledger does not have")
        self.published = counter("published", "Events put on the deliveries topic")
        self.lowered = counter("rate_lowered", "Times the shared rate was halved")
        self.in_doubt_open = gauge("in_doubt_open", "Deliveries in doubt now")
        self.in_doubt_oldest = gauge("in_doubt_oldest_seconds", "Since the oldest one's deadline")
        self.held_open = gauge("held_open", "Deliveries that wait for a person")
        self.unpublished_oldest = gauge("unpublished_oldest_seconds", "Since the oldest unpublished transition")
        self.due = gauge("due_rows", "Rows that could be claimed now")

    def applied(self, done: Applied) -> None:
        """After the commit of a set of moves."""
        self.opened.inc(done.opened)
        self.duplicates.inc(len(set(done.duplicates)))
        self.resent.inc(done.resent)
        for by, times in done.resolved.items():
            self._resolved.labels(self._channel, by).inc(times)

    def skipped(self, reason: str) -> None:
        """The gate refused one."""
        self._skipped.labels(self._channel, reason).inc()

    def waited(self, why: str) -> None:
        """The gate put one back."""
        self._waited.labels(self._channel, why).inc()

    def our_fault(self, why: str) -> None:
        """A provider would take nothing from us as we are."""
        self._our_fault.labels(self._channel, why).inc()

    def outcome(self, word: str) -> None:
        """A provider answered."""
        self._outcomes.labels(self._channel, word).inc()
