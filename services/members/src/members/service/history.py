"""What happened to a member, here and in every other service."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chassis.db.database import Database
from chassis.http.auth import Caller
from members.domain.consents import Evidence
from members.domain.words import check_reach
from members.neighbours import Entry, Neighbours
from members.repository import history as repository
from members.service.members import found
from members.service.recording import Recorder


class History:
    """The joined history."""

    def __init__(self, database: Database, recorder: Recorder, neighbours: Neighbours) -> None:
        self._database, self._recorder, self._neighbours = database, recorder, neighbours

    async def of(self, member_id: UUID, caller: Caller) -> tuple[list[Entry], list[str]]:
        """Entries in order of time, and the services that did not answer. Raises NotFound for somebody erased."""
        async with self._database.transaction() as session:
            member, tree = await found(session, member_id, lock=False)
            check_reach(member, tree, caller.branch, self._recorder.terms().today)
            rows = await repository.of_member(session, member_id)
        own: list[Entry] = [
            {**row.detail, "at": row.at.isoformat(), "service": "members", "what": row.what} for row in rows
        ]
        own += [_consent(word) for word in member.evidence if word.purposes]
        others, missing = await self._neighbours.history(member_id, caller.token)
        return sorted([*own, *others], key=_moment), missing


def _consent(word: Evidence) -> Entry:
    """The evidence itself, at its own time: what a delivery's `consent_id` refers to."""
    return {
        "at": word.at.isoformat(),
        "service": "members",
        "what": "consent given" if word.granted else "consent withdrawn",
        "consent_id": str(word.consent_id),
        "channel": word.channel,
        "purposes": list(word.purposes),
        "source": word.source,
        "wording_version": word.wording_version,
    }


def _moment(entry: dict[str, Any]) -> datetime:
    try:
        at = datetime.fromisoformat(str(entry["at"]))
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
