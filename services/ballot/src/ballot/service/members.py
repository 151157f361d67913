"""Members: their projection, their erasure, and what is stored about one of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ballot.domain.history import HistoryEntry, redacted
from ballot.repository import campaigns, erasure, history, members
from ballot.service.events import publish_participation_tombstones
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Forbidden
from chassis.http.auth import Caller
from chassis.kafka.batch import Batch
from contracts.events.members import MemberChanged, MemberErased
from contracts.ids import Ids
from contracts.scopes import SENSITIVE_SCOPE
from sqlmodel.ext.asyncio.session import AsyncSession

MEMBERS_GROUP = "members"


class Members:
    """Consumes `members`."""

    def __init__(self, database: Database, ids: Ids, clock: Clock) -> None:
        self._database, self._ids, self._clock = database, ids, clock

    async def apply(self, batch: Batch, changes: Sequence[MemberChanged], erasures: Sequence[MemberErased]) -> None:
        """Store a batch of snapshots and erasures; an erased member stays erased, whatever is received later."""
        latest = {change.member_id: change for change in sorted(changes, key=lambda change: change.version)}
        async with self._database.transaction() as session:
            if latest:
                await members.save(session, list(latest.values()))
            if erasures:
                await self._erase(session, {erasure.member_id: erasure for erasure in erasures})
            await batch.store(session)

    async def _erase(self, session: AsyncSession, erasures: dict[UUID, MemberErased]) -> None:
        await members.erase(session, list(erasures.values()))
        removed = await erasure.anonymise(session, erasures.keys())
        await publish_participation_tombstones(session, self._ids, removed, self._clock.now())

    async def history(self, caller: Caller, member_id: UUID, before: datetime | None, limit: int) -> list[HistoryEntry]:
        """What is stored about a member, the latest first; for a branch only while the member belongs to it."""
        today = self._clock.today()
        async with self._database.transaction() as session:
            if caller.branch is not None and not await history.is_in_branch(session, member_id, caller.branch, today):
                raise Forbidden("this token is limited to another branch's members")
            entries = await history.of_member(session, member_id, before, limit)
            if SENSITIVE_SCOPE in caller.scopes:
                return entries
            sensitive = await campaigns.sensitive(session, {entry.poll_id for entry in entries if entry.poll_id})
            return [redacted(entry, sensitive) for entry in entries]
