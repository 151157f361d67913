"""What was planned and asked for one member, and why."""

from collections.abc import Sequence
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import NotFound
from chassis.http.auth import Caller
from segmenter.domain.member_history import HistoryEntry
from segmenter.domain.segments.sensitivity import SCOPE
from segmenter.repository import member_history, segments


class MemberHistory:
    """Answers 'why did they get this?' from what was frozen, not from what is true today."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def of(self, caller: Caller, member_id: UUID) -> Sequence[HistoryEntry]:
        """A member's campaigns, the latest first. Raises NotFound for somebody unknown, or of another branch."""
        async with self._database.transaction() as session:
            if not await member_history.is_known(session, member_id):
                raise NotFound("there is no such member")
            today = self._clock.now().date()
            if caller.branch and not await segments.belongs(session, member_id, caller.branch, today):
                raise NotFound("there is no such member")
            entries = await member_history.entries(session, member_id)
        may_see_sensitive = SCOPE in caller.scopes
        return [entry.shown_to(caller.branch, may_see_sensitive=may_see_sensitive) for entry in entries]
