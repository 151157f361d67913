"""Lets go of what ties the ledger to members who were erased, as soon as each delivery of theirs has ended."""

from collections.abc import Sequence
from uuid import UUID

from chassis.db.database import Database
from dispatch.erasure import sql
from dispatch.ledger import bulk_skip
from dispatch.settings import DispatchSettings

_MOST = 200


class Erasure:
    """Harmless in any number of replicas, and after a crash it goes on: what is pending is a table."""

    def __init__(self, settings: DispatchSettings, database: Database) -> None:
        self._settings, self._database = settings, database

    async def once(self) -> None:
        """All that are pending, some hundreds in a transaction."""
        after: UUID | None = None
        while True:
            async with self._database.transaction() as session:
                members = await sql.pending(session, after, _MOST)
            await self.untie(members)
            if len(members) < _MOST:
                return
            after = members[-1]

    async def untie(self, members: Sequence[UUID]) -> None:
        """What can go now of these. Their delivery ids are derived, so that no index by member is needed."""
        ids, channel = self._settings.ids, self._settings.channel
        for start in range(0, len(members), _MOST):
            some = members[start : start + _MOST]
            async with self._database.transaction() as session:
                deliveries = await bulk_skip.deliveries_of(session, some, ids, channel)
                await sql.untie(session, deliveries, some)
