"""Changes that meet more rows than one transaction should hold."""

from collections.abc import Awaitable, Callable

from chassis.db.database import Database
from chassis.wakeup import Wakeup
from sqlmodel.ext.asyncio.session import AsyncSession

_MOST = 5000


async def in_batches(
    database: Database, change: Callable[[AsyncSession, int], Awaitable[int]], wakeup: Wakeup | None = None
) -> None:
    """`change(session, most)` in one transaction after the other, until it meets fewer rows than `most`; each batch
    sets the wakeup."""
    changed = _MOST
    while changed == _MOST:
        async with database.transaction() as session:
            changed = await change(session, _MOST)
        if changed and wakeup:
            wakeup.set()
