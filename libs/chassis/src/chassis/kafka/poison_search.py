"""Finds the record that a handler refuses: a batch is halved until that record stands alone."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from chassis import bisection
from chassis.db.database import is_about_values
from chassis.errors import Refused
from chassis.kafka.batch import Batch, Poison
from chassis.observability.logs import get
from sqlalchemy.exc import DBAPIError

log = get(__name__)
B = TypeVar("B", bound=Batch)


async def bisect(
    batch: B, handle: Callable[[B], Awaitable[None]], refuse: Callable[[B, Poison], Awaitable[None]]
) -> None:
    """Give the batch to `handle`; each record that it cannot use goes to `refuse`, with a batch of its own. Raises
    Unavailable, and an error of the database that a record alone meets and that is not about its values: what stands
    behind such an error is not the record's fault."""

    async def alone(one: B, error: Exception, calls: int) -> None:
        if isinstance(error, DBAPIError) and not is_about_values(error):
            raise error
        (item,) = one.events
        assert item.record is not None
        reason = error.detail if isinstance(error, Refused) else f"bug: {type(error).__name__}"
        if not isinstance(error, Refused):
            log.error("handler failed", group=one.group, event_id=item.id, exc_info=error)
        await refuse(one, Poison(item.record, item.topic, reason, item.event, calls))

    await bisection.bisect(batch, handle, lambda many: many.halves() if len(many.events) > 1 else (), alone)
