"""When a member may be disturbed, by their local time."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_ZONE = "Europe/London"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` until `end` local time, over midnight if `end` is the earlier one; equal: never quiet."""

    start: time
    end: time

    def next_allowed(self, now: datetime, zone: str) -> datetime:
        """`now` if it is not quiet there, else the first moment (UTC) that is not."""
        place = zone_of(zone)
        local = now.astimezone(place)
        if not self._quiet_at(local.time()):
            return now
        day = local.date()
        if self.start > self.end and local.time() >= self.start:
            day += timedelta(days=1)
        return _instant(datetime.combine(day, self.end), place, after=now)

    def next_quiet(self, now: datetime, zone: str) -> datetime | None:
        """The first moment (UTC) after `now` at which it becomes quiet there; None: never."""
        if self.start == self.end:
            return None
        place = zone_of(zone)
        local = now.astimezone(place)
        day = local.date() + timedelta(days=int(local.time() >= self.start))
        return _instant(datetime.combine(day, self.start), place, after=now)

    def _quiet_at(self, moment: time) -> bool:
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    """The zone, or London for an unknown name."""
    try:
        return ZoneInfo(name or DEFAULT_ZONE)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(DEFAULT_ZONE)


def _instant(wall: datetime, place: ZoneInfo, *, after: datetime) -> datetime:
    """The first moment later than `after` at which the wall clock shows `wall` or has just jumped over it."""
    first, second = (wall.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(place).replace(tzinfo=None) != wall:
        return _jump(second, first, place)  # no such time that night: fold 1 lies before the jump, fold 0 behind it
    return first if first > after else second


def _jump(before: datetime, behind: datetime, place: ZoneInfo) -> datetime:
    """The moment, to the second, at which the offset changes between the two."""
    offset = before.astimezone(place).utcoffset()
    while behind - before > timedelta(seconds=1):
        middle = before + (behind - before) // 2
        before, behind = (middle, behind) if middle.astimezone(place).utcoffset() == offset else (before, middle)
    return behind.replace(microsecond=0)
