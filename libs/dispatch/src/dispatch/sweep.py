"""What `muster erasure sweep` is told of a dispatcher: where it keeps what belongs to members."""

from collections.abc import Awaitable, Callable

from chassis.database import Database
from chassis.erasing.share import Line, Share
from chassis.errors import Unavailable
from dispatch.repository import leftovers

SHARE = Share(erased=leftovers.ERASED, tables=leftovers.TABLES, left=leftovers.LEFT, heard_by=leftovers.HEARD_BY)


async def withdraw(database: Database, delete: Callable[[str], Awaitable[None]]) -> Line:
    """Delete the provider's copies one after the other; what was deleted is not asked for again."""
    async with database.transaction() as session:
        wanted = await leftovers.copies(session)
    done, left = 0, ""
    for reference in wanted:
        try:
            await delete(reference)
        except Unavailable as error:
            left = f"{len(wanted) - done} messages: {error}"
            break
        async with database.transaction() as session:
            await leftovers.withdrawn(session, [reference])
        done += 1
    return Line("provider", "messages", f"deleted {done}", left)
