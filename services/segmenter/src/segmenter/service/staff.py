"""Who may be sent a campaign that nobody has approved yet."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import NotFound
from chassis.http.auth import Caller
from segmenter.domain import scope
from segmenter.repository import erasing, staff


class TestStaff:
    """The list is one for the whole union, and kept by others than those who send the tests."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def name(self, caller: Caller, member_id: UUID) -> None:
        """Put a member on the list. Raises NotFound for somebody who is not an active member."""
        scope.union_only(caller.branch)
        row = {"member_id": member_id, "named_by": caller.client_id, "named_at": self._clock.now()}
        async with self._database.transaction() as session:
            await erasing.hold_off(session)
            if not await staff.name(session, row):
                raise NotFound("there is no such member")

    async def drop(self, caller: Caller, member_id: UUID) -> None:
        """Take a member off the list."""
        scope.union_only(caller.branch)
        async with self._database.transaction() as session:
            await staff.drop(session, member_id)

    async def listed(self, caller: Caller) -> Sequence[Any]:
        """The list."""
        scope.union_only(caller.branch)
        async with self._database.transaction() as session:
            return await staff.listed(session)
