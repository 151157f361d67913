"""Finds the record that a handler refuses: a batch is halved until that record stands alone."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from chassis.db.database import is_about_values
from chassis.errors import Refused, Unavailable
from chassis.kafka.batch import Batch, Poison
from chassis.observability.logs import get
from sqlalchemy.exc import DBAPIError

log = get(__name__)
B = TypeVar("B", bound=Batch)


async def bisect(
    batch: B,
    handle: Callable[[B], Awaitable[None]],
    refuse: Callable[[B, Poison], Awaitable[None]],
    before: int = 0,
) -> None:
    """Give the batch to `handle`; each record that it cannot use goes to `refuse`, with a batch of its own. `before`:
    calls of the handler so far. Raises Unavailable, and an error of the database that a record alone meets and that is
    not about its values: what stands behind such an error is not the record's fault."""
    try:
        await handle(batch)
    except Unavailable:
        raise
    except Exception as error:
        if len(batch.events) > 1:
            for half in batch.halves():
                await bisect(half, handle, refuse, before + 1)
            return
        if isinstance(error, DBAPIError) and not is_about_values(error):
            raise
        (item,) = batch.events
        assert item.record is not None
        reason = error.detail if isinstance(error, Refused) else f"bug: {type(error).__name__}"
        if not isinstance(error, Refused):
            log.exception("handler failed", group=batch.group, event_id=item.id)
        await refuse(batch, Poison(item.record, item.topic, reason, item.event, before + 1))
