"""The one clock: every service takes business time from here, so that a demo or a test can set it."""

from datetime import UTC, date, datetime, timedelta, tzinfo


class Clock:
    """Runs at real speed from `start`, or shows the real time. `zone` is the union's own."""

    def __init__(self, start: datetime | None = None, zone: tzinfo = UTC) -> None:
        self.zone = zone
        self._shift = start - datetime.now(UTC) if start else timedelta()

    def now(self) -> datetime:
        """Aware, in UTC."""
        return datetime.now(UTC) + self._shift

    def today(self) -> date:
        """The day in the union's zone."""
        return self.now().astimezone(self.zone).date()

    def of(self, moment: datetime) -> datetime:
        """What this clock showed at a real moment, such as one that a provider names."""
        return moment + self._shift

    def advance(self, by: timedelta) -> None:
        """Move the clock; for tests that need a later day."""
        self._shift += by
