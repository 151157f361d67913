"""One at a time among all replicas: an advisory lock on a connection of its own, for as long as that lives."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from chassis.db.database import Database
from chassis.errors import Unavailable
from chassis.observability.logs import get
from chassis.tasks import cancelled
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

log = get(__name__)
_LOCK = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
_ALIVE = text("SELECT 1")
_EVERY = 2.0
_STALLED = text("SET idle_session_timeout = '15s'")
"""A holder that is stopped, not dead, would keep the lock for ever: its connection stays open."""


async def lead(database: Database, name: str, work: Callable[[], Awaitable[None]], *, retry: float = 1.0) -> None:
    """Endless: while this process holds the lock `name`, run `work`. What `work` raises for a bug comes out here."""
    while True:
        try:
            await _while_leading(database, name, work)
        except (DBAPIError, OSError, Unavailable, TimeoutError) as error:
            log.warning("leadership lost", of=name, error=type(error).__name__)
        await asyncio.sleep(retry)


async def _while_leading(database: Database, name: str, work: Callable[[], Awaitable[None]]) -> None:
    async with held(database, name) as connection:
        if connection is None:
            return
        working = asyncio.ensure_future(work())
        try:
            while not working.done():
                await asyncio.wait({working}, timeout=_EVERY)
                await connection.execute(_ALIVE)
            working.result()
        finally:
            await cancelled([working])


@asynccontextmanager
async def held(database: Database, name: str) -> AsyncIterator[AsyncConnection | None]:
    """The connection that holds the lock `name`; None where another replica has it."""
    async with database.connect() as connection:
        if not await connection.scalar(_LOCK, {"name": name}):
            yield None
            return
        try:
            await connection.execute(_STALLED)
            yield connection
        finally:
            await connection.invalidate()  # gives the lock back, whatever state the connection is in
