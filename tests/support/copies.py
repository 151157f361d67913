"""The real data directory of a PostgreSQL server, copied and put back as a backup of files is."""

import asyncio
import shutil
from pathlib import Path

from local_stack.postgres import PostgresServer


class Copy:
    """What a server's folder held when this was taken. The server is killed and started for it, on its own port."""

    def __init__(self, server: PostgresServer, data: Path, at: Path) -> None:
        self._server, self._data, self._at = server, data, at

    async def take(self) -> None:
        """As it is now."""
        await self._server.kill()
        await _copied(self._data, self._at)
        await self._server.start()

    async def put_back(self) -> None:
        """As it was then."""
        await self._server.kill()
        shutil.rmtree(self._data)
        await _copied(self._at, self._data)
        await self._server.start()


async def _copied(source: Path, target: Path) -> None:
    """With owners and modes, which PostgreSQL insists on."""
    copying = await asyncio.create_subprocess_exec("cp", "-a", str(source), str(target))
    assert await copying.wait() == 0
