"""Counts of everything that has happened since the journal began."""

from collections import Counter


class Counts:
    """Kept in memory; read back from the journal at the start."""

    def __init__(self) -> None:
        self.refused: Counter[tuple[str, int]] = Counter()
        """By channel and code."""
        self.callbacks: Counter[str] = Counter()
        self.inbound: Counter[str] = Counter()
        self.bounces: Counter[str] = Counter()

    def add_callback(self, status: int | None) -> None:
        """A status callback ended with this HTTP status, or with no answer (None)."""
        self.callbacks.update(("sent", "answered" if _ok(status) else "gave_up"))

    def add_inbound(self, status: int | None, replies: int) -> None:
        """The webhook of an inbound text ended."""
        self.inbound.update(("sent", "ok" if _ok(status) else "failed"))
        self.inbound["replies"] += replies

    def add_bounce(self, kind: str, *, arrived: bool) -> None:
        """A bounce was sent."""
        self.bounces.update((kind, "arrived" if arrived else "lost"))

    def refused_by_code(self, channel: str) -> dict[str, int]:
        """Refusals of one channel."""
        return {str(code): count for (where, code), count in self.refused.items() if where == channel}


def _ok(status: int | None) -> bool:
    return status is not None and 200 <= status < 300
