"""History of a member, of this service and the others."""

from uuid import UUID

from chassis.db.database import Database
from chassis.http.auth import Caller
from members.domain.history import HistoryEntry, consent_entry
from members.remote_history import RemoteHistory
from members.repository import history as repository
from members.service.members import Members


class History:
    """Joins the entries."""

    def __init__(self, database: Database, members: Members, remote: RemoteHistory) -> None:
        self._database, self._members, self._remote = database, members, remote

    async def of_member(self, member_id: UUID, caller: Caller) -> tuple[list[HistoryEntry], list[str]]:
        """Entries in order of time, and the services that did not answer. Raises NotFound for an erased member."""
        async with self._database.transaction() as session:
            member, _ = await self._members.reachable(session, member_id, caller, lock=False)
            stored = await repository.of_member(session, member_id)
        entries = [
            HistoryEntry.model_validate(
                {**entry.detail, "at": entry.at.isoformat(), "service": "members", "what": entry.what}
            )
            for entry in stored
        ]
        entries += [consent_entry(evidence) for evidence in member.evidence if evidence.purposes]
        others, missing = await self._remote.entries(member_id, caller.token)
        return sorted([*entries, *others], key=lambda entry: entry.time), missing
