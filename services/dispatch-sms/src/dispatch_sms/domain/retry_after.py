"""How long a provider asks us to wait."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST = 3600.0


def seconds(header: str, now: datetime, *, default: float = 1.0) -> float:
    """Seconds of a Retry-After header, a number or an HTTP date; between 0 and an hour, `default` when unreadable."""
    try:
        wanted = float(header)
    except ValueError:
        wanted = _until(header, now, default)
    return min(max(wanted, 0.0), _LONGEST) if wanted == wanted else default


def _until(header: str, now: datetime, default: float) -> float:
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return default
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
