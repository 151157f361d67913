"""What the segmenter keeps of the events of other services."""

from collections.abc import Sequence
from uuid import UUID

from chassis.db.database import Database
from chassis.http.auth import Caller
from chassis.kafka.batch import Batch
from contracts.ballots import BallotEvent, ParticipationRecorded
from contracts.members import MemberChanged, MemberErased, SensitiveInterestsChanged
from segmenter.domain.branch_access import owning_body
from segmenter.domain.latest_events import latest_versions
from segmenter.repository.erasure.lock import lock_for_copy, lock_for_erasure
from segmenter.repository.projection import ballots, members, union_events
from segmenter.repository.projection.union_events import UnionEvent

MEMBERS_GROUP, BALLOTS_GROUP = "members", "ballots"


class Projection:
    """Keeps members, ballots, participation and union events up to date, a batch in a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def on_members(self, batch: Batch) -> None:
        """Members and their sensitive interests; erasures after changes, so that nothing of the batch outlives them."""
        events = [item.event for item in batch.events]
        changed = latest_versions([e for e in events if isinstance(e, MemberChanged)], lambda e: e.member_id)
        erased = latest_versions([e for e in events if isinstance(e, MemberErased)], lambda e: e.member_id)
        sensitive = [e for e in events if isinstance(e, SensitiveInterestsChanged)]
        async with self._database.transaction() as session:
            await (lock_for_erasure(session) if erased else lock_for_copy(session))
            if changed:
                await members.change(session, changed)
            if erased:
                await members.erase(session, erased)
            if sensitive:
                latest = latest_versions(sensitive, lambda e: e.member_id)
                await members.upsert_sensitive_interests(session, latest)
            await batch.store(session)

    async def on_ballots(self, batch: Batch) -> None:
        """Ballots, and who took part in them."""
        events = [item.event for item in batch.events]
        changed = latest_versions([e for e in events if isinstance(e, BallotEvent)], lambda e: e.ballot_id)
        taken: dict[tuple[UUID, UUID], ParticipationRecorded] = {}
        for event in events:
            if isinstance(event, ParticipationRecorded):
                taken[event.ballot_id, event.member_id] = event
        async with self._database.transaction() as session:
            if changed:
                await ballots.upsert(session, changed)
            if taken:
                await lock_for_copy(session)
                await ballots.upsert_participation(session, [taken[key] for key in sorted(taken)])
            await batch.store(session)

    async def on_union_events(self, batch: Batch) -> None:
        """Events of other union systems, once each."""
        async with self._database.transaction() as session:
            await union_events.add(session, batch.events)
            await batch.store(session)

    async def union_events(self, caller: Caller, body: str | None, limit: int) -> Sequence[UnionEvent]:
        """The latest union events; a branch's caller sees their branch's."""
        async with self._database.transaction() as session:
            return await union_events.latest(session, owning_body(body, caller.branch), limit)
