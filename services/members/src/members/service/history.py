"""History of a member, of this service and the others."""

from datetime import datetime
from uuid import UUID

from chassis.db.database import Database
from chassis.http.auth import Caller
from chassis.http.paging import following
from members.domain.history import HistoryEntry, HistoryPage, consent_entry, joined
from members.remote_history import RemoteHistory
from members.repository import history as repository
from members.service.members import Members


class History:
    """Joins the entries."""

    def __init__(self, database: Database, members: Members, remote: RemoteHistory) -> None:
        self._database, self._members, self._remote = database, members, remote

    async def of_member(
        self, member_id: UUID, caller: Caller, before: datetime | None, limit: int
    ) -> tuple[HistoryPage, list[str]]:
        """The latest entries, and the services that did not answer. Raises NotFound for an erased member."""
        async with self._database.transaction() as session:
            member, _ = await self._members.reachable(session, member_id, caller, lock=False)
            stored = await repository.of_member(session, member_id, before, limit)
        entries = [
            HistoryEntry.model_validate(
                {**entry.detail, "at": entry.at.isoformat(), "service": "members", "what": entry.what}
            )
            for entry in stored
        ]
        own = HistoryPage(entries, following(stored[::-1], limit, lambda entry: entry.at))
        given = [evidence for evidence in member.evidence if before is None or evidence.at < before]
        consents = HistoryPage([consent_entry(evidence) for evidence in given if evidence.purposes])
        others, missing = await self._remote.pages(member_id, caller.token, before, limit)
        return joined([own, consents, *others], limit), missing
