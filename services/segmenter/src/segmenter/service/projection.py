"""What the segmenter keeps of the events of other services."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from chassis.db.database import Database
from chassis.http.auth import Caller
from chassis.kafka.batch import Batch
from contracts.event import KeyRemoved
from contracts.events.ballots import BallotEvent, ParticipationRecorded
from contracts.events.members import MemberChanged, MemberErased, SensitiveInterestsChanged
from segmenter.domain.branch_access import owning_body
from segmenter.domain.latest_events import latest
from segmenter.domain.union_events import UnionEvent
from segmenter.repository.locks import lock_for_copy, lock_for_erasure
from segmenter.repository.projection import ballots, members, union_events

MEMBERS_GROUP, BALLOTS_GROUP = "members", "ballots"
M = TypeVar("M", MemberChanged, MemberErased, SensitiveInterestsChanged)


class Projection:
    """Keeps members, ballots, participation and union events up to date, a batch in a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def on_members(self, batch: Batch) -> None:
        """Members and their sensitive interests; erasures after changes, so that nothing of the batch outlives them."""
        events = [item.event for item in batch.events]
        changed = _newest(event for event in events if isinstance(event, MemberChanged))
        erased = _newest(event for event in events if isinstance(event, MemberErased))
        sensitive = _newest(event for event in events if isinstance(event, SensitiveInterestsChanged))
        async with self._database.transaction() as session:
            if erased:
                await lock_for_erasure(session)
            elif sensitive:
                await lock_for_copy(session)
            if changed:
                await members.change(session, changed)
            if erased:
                await members.erase(session, erased)
            if sensitive:
                await members.upsert_sensitive_interests(session, sensitive)
            await batch.store(session)

    async def on_ballots(self, batch: Batch) -> None:
        """Ballots, and who took part in them; a tombstone comes after everything else of its key."""
        events = [item.event for item in batch.events]
        ballot_events = [event for event in events if isinstance(event, BallotEvent)]
        changed = latest(ballot_events, lambda event: event.ballot_id, lambda event: event.version)
        parts = [event for event in events if isinstance(event, ParticipationRecorded)]
        taken = latest(parts, lambda event: (event.ballot_id, event.member_id))
        removed = [event.ids for event in events if isinstance(event, KeyRemoved)]
        async with self._database.transaction() as session:
            if changed:
                await ballots.upsert(session, changed)
            if taken:
                await lock_for_copy(session)
                await ballots.upsert_participation(session, taken)
            if removed:
                await ballots.remove(session, [ids[0] for ids in removed if len(ids) == 1])
                await ballots.remove_participation(session, [(ids[0], ids[1]) for ids in removed if len(ids) == 2])
            await batch.store(session)

    async def on_union_events(self, batch: Batch) -> None:
        """Events of other union systems, once each."""
        async with self._database.transaction() as session:
            await union_events.add(session, batch.events)
            await batch.store(session)

    async def union_events(
        self, caller: Caller, body: str | None, before: datetime | None, limit: int
    ) -> Sequence[UnionEvent]:
        """The latest union events; a branch's caller sees their branch's."""
        async with self._database.transaction() as session:
            return await union_events.latest(session, owning_body(body, caller.branch), before, limit)


def _newest(events: Iterable[M]) -> list[M]:
    return latest(events, lambda event: event.member_id, lambda event: event.version)
