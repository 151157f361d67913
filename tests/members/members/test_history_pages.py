"""Pages of a member's history, joined from those of every service."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some
from members.domain.history import HistoryEntry, HistoryPage, joined

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTES = some.lists(some.integers(0, 12), max_size=15)


def entries(service: str, minutes: Sequence[int]) -> list[HistoryEntry]:
    return [
        HistoryEntry(at=(START + timedelta(minutes=each)).isoformat(), service=service, what=str(number))
        for number, each in enumerate(sorted(minutes))
    ]


def page_of(stored: Sequence[HistoryEntry], before: datetime | None, limit: int) -> HistoryPage:
    """What a service answers: the latest, and all of the first one's moment."""
    known = [entry for entry in stored if before is None or entry.time < before]
    if len(known) < limit:
        return HistoryPage(known)
    first = known[-limit].time
    return HistoryPage([entry for entry in known if entry.time >= first], first)


@given(some.lists(MINUTES, min_size=1, max_size=4), some.integers(1, 5))
def test_the_pages_together_are_the_whole_history_in_order(parts: list[list[int]], limit: int) -> None:
    services = [entries(f"service-{number}", minutes) for number, minutes in enumerate(parts)]
    found: list[HistoryEntry] = []
    before, more = None, True
    while more:
        page = joined([page_of(stored, before, limit) for stored in services], limit)
        assert len(page.entries) <= limit or page.entries[0].time == page.entries[-limit].time
        found[:0] = page.entries
        before, more = page.next, page.next is not None
    key = [(entry.time, entry.service, entry.what) for entry in found]
    assert sorted(key) == sorted((entry.time, entry.service, entry.what) for stored in services for entry in stored)
    assert [time for time, _, _ in key] == sorted(time for time, _, _ in key)
