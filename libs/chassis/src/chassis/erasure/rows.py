"""Rows about erased members: deleted, and counted until none is left or the time is up."""

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime

from chassis.db.database import Database
from chassis.dead_letters import sql
from chassis.erasure.residue import ReportLine, Residue
from sqlalchemy import text

_ABOUT_GONE = "EXISTS (SELECT 1 FROM gone WHERE gone.member_id::text = ANY (subjects))"
_EVERYWHERE = {
    "events waiting in the outbox": "SELECT count(*) FROM outbox JOIN gone ON outbox.key = gone.member_id::text",
    "dead letters": f"SELECT count(*) FROM dead_letters WHERE {_ABOUT_GONE}",  # noqa: S608 - a text of ours
}
_COUNT = "WITH gone AS ({erased}) {query}"


class Rows:
    """One service's tables as its statements see them."""

    def __init__(self, database: Database, share: Residue) -> None:
        self._database, self._share = database, share

    async def erased(self) -> set[str]:
        """Ids of all erased members."""
        async with self._database.transaction() as session:
            return {str(member_id) for member_id in (await session.execute(text(self._share.erased))).scalars()}

    async def clear(self, now: datetime) -> list[ReportLine]:
        """Delete what is no longer needed, and dead letters written after the erasure of a member they are about."""
        async with self._database.transaction() as session:
            late = await sql.erase_late(session, self._share.erased)
            done = {"dead letters": late, **await self._share.clear(session, now)}
        return [ReportLine("rows", what, f"cleared {count}") for what, count in done.items()]

    async def settled(self, within: float) -> list[ReportLine]:
        """A line for each kind of row, once none is left or after so many seconds."""
        deadline = time.monotonic() + within
        while True:
            found = await self._left()
            if not any(found.values()) or time.monotonic() > deadline:
                return [
                    ReportLine("rows", what, "looked", f"{count} rows of erased members" if count else "")
                    for what, count in found.items()
                ]
            await asyncio.sleep(0.5)

    async def _left(self) -> Mapping[str, int]:
        async with self._database.transaction() as session:
            return {
                what: int(await session.scalar(text(_COUNT.format(erased=self._share.erased, query=query))) or 0)
                for what, query in {**_EVERYWHERE, **self._share.left}.items()
            }
