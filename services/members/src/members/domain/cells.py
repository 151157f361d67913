"""What one cell of the roll may hold. Every reader raises ValueError with a reason that names no value."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from contracts import field_types
from contracts.enums import Channel, Purpose
from members.domain import text
from members.domain.consents import USUAL
from pydantic import TypeAdapter, ValidationError

_ISO_DAY = re.compile(r"\A\d{4}-\d{2}-\d{2}\Z")


@dataclass(frozen=True, slots=True)
class Terms:
    """What reading depends on besides the file."""

    now: datetime
    region: str
    sensitive: frozenset[str]

    @property
    def today(self) -> date:
        """The day it is, in UTC."""
        return self.now.date()


def _typed(kind: Any, reason: str) -> Callable[[str, Terms], Any]:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def read(cell: str, _terms: Terms) -> Any:
        try:
            return adapter.validate_python(cell)
        except ValidationError:
            raise ValueError(reason) from None

    return read


def _day(cell: str, terms: Terms) -> date:
    try:
        day = date.fromisoformat(cell) if _ISO_DAY.match(cell) else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError("is not a date such as 1980-02-29")
    if day > terms.today:
        raise ValueError("lies in the future")
    return field_types.day(day)


def _moment(cell: str, terms: Terms) -> datetime:
    """A date counts from its start: a STOP on the same day is later."""
    try:
        at = datetime.combine(date.fromisoformat(cell), time(), UTC) if _ISO_DAY.match(cell) else _aware(cell)
    except ValueError:
        raise ValueError("is not a date or a date-time with a zone") from None
    if at > terms.now:
        raise ValueError("lies in the future")
    return field_types.moment(at)


def _aware(cell: str) -> datetime:
    at = datetime.fromisoformat(cell)
    if at.tzinfo is None:
        raise ValueError("no zone")
    return at.astimezone(UTC)


_SLUG: TypeAdapter[str] = TypeAdapter(text.Slug)


def _slugs(cell: str, _terms: Terms) -> tuple[str, ...]:
    try:
        names = [_SLUG.validate_python(name.strip()) for name in cell.split(";") if name.strip()]
    except ValidationError:
        raise ValueError("holds a name that is not lower-case letters, digits and hyphens") from None
    return tuple(sorted(set(names)))


def _channel(cell: str, _terms: Terms) -> str:
    if cell not in set(Channel):
        raise ValueError("is neither sms nor email")
    return cell


def _consent(cell: str, _terms: Terms) -> tuple[bool, tuple[str, ...]]:
    """Granted or not, and for which purposes."""
    word = cell.casefold()
    if word == "no":
        return False, tuple(Purpose)
    if word in ("yes", "all"):
        return True, USUAL if word == "yes" else tuple(Purpose)
    purposes = tuple(dict.fromkeys(part.strip() for part in word.split(";") if part.strip()))
    if not purposes or not set(purposes) <= set(Purpose):
        raise ValueError(f"is not yes, no, all or purposes split by ';' ({', '.join(Purpose)})")
    return True, purposes


_NAME = _typed(text.Name, "is blank, too long (100) or holds a control character")
_WORDS = _typed(text.Words, "is too long (200) or holds a control character")
_SLUG_CELL = _typed(text.Slug, "is not an id of lower-case letters, digits and hyphens")


def _as_is(cell: str, _terms: Terms) -> str:
    return cell


READERS: Mapping[str, Callable[[str, Terms], Any]] = {
    "membership_number": _typed(text.MembershipNumber, "is not 1 to 40 letters, digits or . _ / -"),
    "given_name": _NAME,
    "family_name": _NAME,
    "branch": _SLUG_CELL,
    "mobile": _as_is,
    "phone": _as_is,
    "email": _as_is,
    "language": _typed(text.Language, "is not a language tag such as en or cy"),
    "time_zone": _typed(text.TimeZone, "is not a time zone such as Europe/London"),
    "birthday": _day,
    "workplace": _SLUG_CELL,
    "employer": _WORDS,
    "job": _WORDS,
    "unit": _WORDS,
    "joined": _day,
    "interests": _slugs,
    "sensitive_interests": _slugs,
    "preferred_channel": _channel,
    "consent_sms": _consent,
    "consent_email": _consent,
    "consent_wording": _typed(text.Wording, "is too long (100) or holds a control character"),
    "consent_at": _moment,
    "consent_source": _typed(text.Wording, "is too long (100) or holds a control character"),
}
REQUIRED = ("membership_number", "given_name", "family_name", "branch")
