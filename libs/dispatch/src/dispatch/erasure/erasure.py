"""Removes what ties the ledger to erased members, as soon as each of their deliveries has ended."""

from collections.abc import Sequence
from uuid import UUID

from chassis.db.database import Database
from dispatch.erasure import sql
from dispatch.ledger import bulk_skip
from dispatch.settings import DispatchSettings

_MOST = 200


class Erasure:
    """Any number of replicas may do this, and after a crash it goes on: the pending members are a table."""

    def __init__(self, settings: DispatchSettings, database: Database) -> None:
        self._settings, self._database = settings, database

    async def once(self) -> None:
        """All pending members."""
        after: UUID | None = None
        while True:
            async with self._database.transaction() as session:
                members = await sql.pending(session, after, _MOST)
            await self.untie(members)
            if len(members) < _MOST:
                return
            after = members[-1]

    async def untie(self, members: Sequence[UUID]) -> None:
        """What can be removed now of these members, some hundreds in a transaction."""
        ids, channel = self._settings.ids, self._settings.channel
        for start in range(0, len(members), _MOST):
            some = members[start : start + _MOST]
            async with self._database.transaction() as session:
                deliveries = await bulk_skip.deliveries_of(session, some, ids, channel)
                await sql.untie(session, deliveries, some)
