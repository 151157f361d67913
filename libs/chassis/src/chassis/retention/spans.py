"""How long a table keeps its rows, and why. Each service declares this for all its tables, beside its models."""

from collections.abc import Callable
from dataclasses import dataclass

from contracts.topics import Topic
from sqlalchemy import RowMapping


@dataclass(frozen=True, slots=True)
class Span:
    """One table's span. Where `expired` is empty, `kept` says what else ends its rows."""

    table: str
    kept: str
    """In words; `{days}` is the value of the setting."""
    why: str
    setting: str = ""
    """The field of the service's settings that holds the days."""
    expired: str = ""
    """A condition in SQL that an index serves: rows that have been kept long enough. `:before` is so many days ago, now
    without a setting."""
    key: str = ""
    """The column that rows of `parts` name a row of this table by."""
    parts: tuple[str, ...] = ()
    """Tables whose rows go with a row of this one, before it."""
    tombstone: Callable[[RowMapping], tuple[Topic, str]] | None = None
    """The compacted topic on which the rows are published, and a row's key there; the deletion writes its tombstone."""


CHASSIS = (
    Span("outbox", "until published", "an event leaves with its acknowledgement, in seconds"),
    Span("beats", "30 days after a process ended", "shows a process that its database was set back"),
    Span("consumed", "no end", "one row a partition: how far a group has read"),
    Span(
        "dead_letters",
        "14 days; 72 hours where no member could be read from it",
        "as long as it may be replayed; what an erasure cannot find goes sooner",
        expired="expires_at <= :before",
    ),
)
"""The chassis' own tables, which every service has."""
