"""What was planned and asked for one member, and why."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.errors import NotFound
from chassis.http.auth import Caller
from contracts.scopes import SENSITIVE_SCOPE
from segmenter.domain.member_history import HistoryEntry
from segmenter.repository import member_history, segments
from segmenter.service.base import Service


class MemberHistory(Service):
    """Answers 'why did they get this?' from what was frozen, not from what is true today."""

    async def of(self, caller: Caller, member_id: UUID, before: datetime | None, limit: int) -> Sequence[HistoryEntry]:
        """A page of a member's campaigns, the latest first. Raises NotFound for a member who is unknown or of another
        branch."""
        async with self._database.transaction() as session:
            known, today = await member_history.is_known(session, member_id), self._clock.today()
            if not known or (caller.branch and not await segments.belongs(session, member_id, caller.branch, today)):
                raise NotFound("there is no such member")
            entries = await member_history.entries(session, member_id, before, limit)
        may_see_sensitive = SENSITIVE_SCOPE in caller.scopes
        return [entry.shown_to(caller.branch, may_see_sensitive=may_see_sensitive) for entry in entries]
