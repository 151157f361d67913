"""Who may be sent a campaign that nobody has approved yet."""

from collections.abc import Sequence
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import NotFound
from chassis.http.auth import Caller
from segmenter.domain.branch_access import require_whole_union
from segmenter.repository import test_staff
from segmenter.repository.erasure.lock import lock_for_copy
from segmenter.repository.test_staff import StaffMember


class TestStaff:
    """One list for the whole union, kept by others than those who send the tests."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def add(self, caller: Caller, member_id: UUID) -> None:
        """Put a member on the list. Raises NotFound for somebody who is not an active member."""
        require_whole_union(caller.branch)
        async with self._database.transaction() as session:
            await lock_for_copy(session)
            if not await test_staff.add(session, StaffMember(member_id, caller.client_id, self._clock.now())):
                raise NotFound("there is no such member")

    async def remove(self, caller: Caller, member_id: UUID) -> None:
        """Take a member off the list."""
        require_whole_union(caller.branch)
        async with self._database.transaction() as session:
            await test_staff.remove(session, member_id)

    async def all(self, caller: Caller) -> Sequence[StaffMember]:
        """The list."""
        require_whole_union(caller.branch)
        async with self._database.transaction() as session:
            return await test_staff.all_staff(session)
