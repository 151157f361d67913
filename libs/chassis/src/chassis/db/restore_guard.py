"""Notices a database that was set back under a running process, as by restoring a backup while we waited for it.

What the process holds in memory (how far it has read, what it has claimed) would then be ahead of the database: it
would go on from there, and what lies between would be lost, or done again. So each process counts in the database, and
every new connection first proves that the count is still there; a database that is replaced makes all connections new.
If it is not, no connection is given and the process ends: the next one begins from what is there, as after any start.
Before that it notes this in the restored database, since the next process cannot see what this one did last.

What is younger than the last beat, a second at most, cannot be missed in this way; a backup is older.
"""

import asyncio
from datetime import datetime
from typing import Any
from uuid import uuid4

from chassis.db.database import Database
from chassis.errors import Unavailable
from chassis.observability.logs import get
from sqlalchemy import event, text

log = get(__name__)
_EVERY = 0.5
_BEAT = text(
    "INSERT INTO beats AS b (process, beat) VALUES (:process, 1)"
    " ON CONFLICT (process) DO UPDATE SET beat = b.beat + 1, at = clock_timestamp() RETURNING beat, at"
)
_FORGET = text("DELETE FROM beats WHERE at < clock_timestamp() - interval '30 days' AND missed_since IS NULL")
"""Of processes that have ended; one that was stopped for so long counts as ended."""

_KNOWN = "SELECT beat FROM beats WHERE process = $1"
_MISSED = """
INSERT INTO beats AS b (process, beat, missed_since) VALUES ($1, 0,
    coalesce((SELECT max(at) FROM beats WHERE at < $2), CAST($2 AS timestamptz) - interval '7 days'))
ON CONFLICT (process) DO UPDATE SET missed_since = coalesce(b.missed_since, b.at)
"""
"""From the last beat of this process that is still there; a backup older than the process: from anybody's last before
it began. Seven days are as long as a topic keeps what a restored database can read again."""


class RestoreDetected(Unavailable):
    """The database has forgotten what this process had committed."""


class RestoreGuard:
    """A task that ends with RestoreDetected, and so the process, when the database was set back."""

    name = "beat"

    def __init__(self, database: Database) -> None:
        self._database, self._process, self._committed = database, uuid4(), 0
        self._began: datetime | None = None
        event.listen(database.engine.sync_engine, "connect", self._prove)

    async def run(self) -> None:
        while True:
            try:
                await self.beat()
            except RestoreDetected:
                log.error(
                    "the database was set back under this process: it ends, and its successor starts from what is there"
                )
                raise
            except Unavailable:
                pass  # the outage is logged by the tasks that have work to do
            await asyncio.sleep(_EVERY)

    async def beat(self) -> None:
        """Count one more. Raises Unavailable, or RestoreDetected."""
        async with self._database.transaction() as session:
            # A backup may be read into a running server, whose connections live on.
            connection = await session.connection()
            known = (await connection.exec_driver_sql(_KNOWN, (self._process,))).scalar_one_or_none()
            if is_there := _has(known, self._committed):
                if not self._committed:
                    await session.execute(_FORGET)
                beat, at = (await session.execute(_BEAT, {"process": self._process})).one()
            else:
                await connection.exec_driver_sql(_MISSED, (self._process, self._began))
        if not is_there:
            raise self._refusal()
        self._committed, self._began = int(beat), self._began or at

    def _prove(self, connection: Any, _: object) -> None:
        """Before a connection is used: that what we have committed is there."""
        if not connection.run_async(self._is_there):
            raise self._refusal()

    async def _is_there(self, raw: Any) -> bool:
        """Notes in the database since when commits are missing, if they are."""
        committed = self._committed  # as of the question: a beat may be counted while it is answered
        if _has(await raw.fetchval(_KNOWN, self._process), committed):
            return True
        await raw.execute(_MISSED, self._process, self._began)
        return False

    def _refusal(self) -> RestoreDetected:
        """From now on no connection is given."""
        self._database.refusal = RestoreDetected("the database was set back")
        return self._database.refusal


def _has(known: int | None, committed: int) -> bool:
    return not committed or (known is not None and known >= committed)
