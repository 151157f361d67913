"""Lists by time, a bounded page at a time. A page ends with all of one moment, so that a moment is enough to say where
the next one begins, whatever is added or deleted meanwhile: `FETCH FIRST … ROWS WITH TIES`."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import Query
from pydantic import AwareDatetime

T = TypeVar("T")
_EXAMPLE = "2026-03-02T18:00:00Z"
Before = Annotated[
    AwareDatetime | None,
    Query(description="`next` of the page before: what is earlier than this moment.", examples=[_EXAMPLE]),
]
After = Annotated[
    AwareDatetime | None,
    Query(description="`next` of the page before: what is later than this moment.", examples=[_EXAMPLE]),
]
Limit = Annotated[int, Query(ge=1, le=500, description="Items on a page, and those of the last one's very moment.")]
NEXT = "Where the next page begins; null on the last one."


def following(items: Sequence[T], limit: int, at: Callable[[T], datetime]) -> datetime | None:
    """The moment where the next page begins; None after the last one. `items` are in the order they were fetched."""
    return at(items[-1]) if len(items) >= limit else None
