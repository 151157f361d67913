"""Who may answer: remembers members as they are told, forgets them when they are erased."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ballot.domain.disclosure import masked
from ballot.repository import electorate, polls, voters
from ballot.service.access import ensure_within_branch
from ballot.service.telling import take_back_participation
from chassis.auth import Caller
from chassis.clock import Clock
from chassis.consuming import Batch
from chassis.database import Database
from chassis.errors import Forbidden
from contracts.ids import Ids
from contracts.members import MemberChanged, MemberErased
from contracts.scopes import SENSITIVE_SCOPE
from sqlmodel.ext.asyncio.session import AsyncSession


class Electorate:
    """Ballot's projection of `members`."""

    def __init__(self, database: Database, ids: Ids, clock: Clock) -> None:
        self._database, self._ids, self._clock = database, ids, clock

    async def hear(self, batch: Batch, changes: Sequence[MemberChanged], erasures: Sequence[MemberErased]) -> None:
        """Take over a batch of snapshots and erasures; an erased member stays erased, whatever is heard later."""
        latest: dict[UUID, MemberChanged] = {}
        for change in changes:
            known = latest.get(change.member_id)
            if known is None or known.version < change.version:
                latest[change.member_id] = change
        gone = {erased.member_id: erased for erased in erasures}
        async with self._database.transaction() as session:
            if latest:
                await electorate.remember(session, list(latest.values()))
            if gone:
                await self._forget(session, gone)
            await batch.store(session)

    async def _forget(self, session: AsyncSession, gone: dict[UUID, MemberErased]) -> None:
        now: datetime = self._clock.now()
        await electorate.erase(session, list(gone.values()))
        taken_back = await voters.forget(session, gone.keys())
        await take_back_participation(session, self._ids, taken_back, now)

    async def size(self, body: str, branch: str | None) -> int:
        """How many would be on a roll of this body now."""
        async with self._database.transaction() as session:
            await ensure_within_branch(session, branch, body)
            return await electorate.count(session, body, self._clock.now().date())

    async def history(self, caller: Caller, member_id: UUID) -> list[dict[str, Any]]:
        """What is kept of a member here, in order of time; for a branch only while the member belongs to it."""
        branch = caller.branch
        today = self._clock.now().date()
        async with self._database.transaction() as session:
            if branch is not None and not await voters.belongs(session, member_id, branch, today):
                raise Forbidden("this token is limited to another branch's members")
            entries = await voters.history(session, member_id)
            if SENSITIVE_SCOPE in caller.scopes:
                return entries
            sensitive = await polls.sensitive(session, {entry["poll_id"] for entry in entries})
            return [masked(entry, sensitive) for entry in entries]
