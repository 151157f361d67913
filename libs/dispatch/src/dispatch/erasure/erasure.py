"""Removes what ties the ledger to erased members, as soon as each of their deliveries has ended."""

from collections.abc import Sequence
from uuid import UUID

from chassis.db.database import Database
from dispatch.erasure import sql

_MOST = 200
"""Members in a transaction, so that the rows of their messages are locked for moments only."""


class Erasure:
    """Any number of replicas may do this, and after a crash it goes on: the pending members are a table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def once(self) -> None:
        """All members whose turn it is."""
        after: UUID | None = None
        while True:
            async with self._database.transaction() as session:
                members = await sql.pending(session, after, _MOST)
            await self.untie(members)
            if len(members) < _MOST:
                return
            after = members[-1]

    async def untie(self, members: Sequence[UUID]) -> None:
        """What can be removed now of these members."""
        for start in range(0, len(members), _MOST):
            async with self._database.transaction() as session:
                await sql.untie(session, members[start : start + _MOST])
