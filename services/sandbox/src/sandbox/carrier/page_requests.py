"""What a request for a page of messages asks for: filters, size, number, and where the page begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Self
from urllib.parse import urlencode

from sandbox.carrier.text import Text

_DAYS = ("DateSent", "DateSent<", "DateSent>")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One page of a filtered list. A PageToken `PA…` asks for texts older than a number (`before`), `PB…` for texts
    newer than one (`after`)."""

    filters: Mapping[str, str]
    size: int
    number: int
    before: int | None
    after: int | None
    days: Mapping[str, date]

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """Raises ValueError for a size, page, token or day that is malformed or out of its bounds."""
        token = query.get("PageToken", "")
        if token and token[:2] not in ("PA", "PB"):
            raise ValueError("PageToken")
        number = int(token[2:], 16) if token else None
        return cls(
            filters={name: value for name, value in query.items() if not name.startswith("Page")},
            size=_bounded(query, "PageSize", 50, 1, 1000),
            number=_bounded(query, "Page", 0, 0, 10**9),
            before=None if token.startswith("PB") else number,
            after=number if token.startswith("PB") else None,
            days={name: _day(query[name]) for name in _DAYS if query.get(name)},
        )

    @property
    def to(self) -> str | None:
        """The recipient, if one is asked for."""
        return self.filters.get("To") or None

    def matches(self, text: Text) -> bool:
        """Whether sender and day of sending are those asked for."""
        sender = self.filters.get("From")
        return (not sender or (text.sender_assigned and text.sender == sender)) and self._sent_on_these_days(text)

    def uri(self, path: str, step: int, token: str) -> str:
        """Path and query of the page after (`step` 1) or before (-1) this one."""
        place = {"PageSize": self.size, "Page": self.number + step, "PageToken": token}
        return f"{path}?{urlencode({**self.filters, **place})}"

    def _sent_on_these_days(self, text: Text) -> bool:
        """UTC days, both ends included. A text without a sent date is on none."""
        if not self.days:
            return True
        if text.sent is None:
            return False
        day = datetime.fromtimestamp(text.sent, UTC).date()
        exact, until, since = (self.days.get(name) for name in _DAYS)
        return (exact is None or day == exact) and (until is None or day <= until) and (since is None or day >= since)


def _bounded(query: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    value = int(query.get(name) or default)
    if not low <= value <= high:
        raise ValueError(name)
    return value


def _day(text: str) -> date:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).date()
