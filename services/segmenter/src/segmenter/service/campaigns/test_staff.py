"""Who may be sent a campaign that nobody has approved yet."""

from collections.abc import Sequence
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import NotFound
from chassis.http.auth import Caller
from segmenter.domain.branch_access import require_whole_union
from segmenter.domain.campaigns.test_staff import StaffMember
from segmenter.repository import test_staff
from segmenter.repository.erasure.lock import lock_for_copy


class TestStaff:
    """One list for the whole union, kept by others than those who send the tests."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def add(self, caller: Caller, member_id: UUID) -> None:
        """Put a member on the list. Raises NotFound for somebody who is not an active member."""
        require_whole_union(caller.branch)
        staff = StaffMember(member_id=member_id, named_by=caller.client_id, named_at=self._clock.now())
        async with self._database.transaction() as session:
            await lock_for_copy(session)
            if not await test_staff.add(session, staff):
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
