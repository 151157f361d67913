"""What the segmenter remembers of what it hears."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.db.database import Database
from chassis.http.auth import Caller
from chassis.kafka.batch import Batch, ReceivedEvent
from contracts.ballots import BallotCounted, BallotEvent, BallotOpened, ParticipationRecorded
from contracts.members import MemberChanged, MemberErased, SensitiveInterestsChanged
from segmenter.domain import scope
from segmenter.domain.heard import consent_rows, marker_row, member_row, membership_rows
from segmenter.repository import erasing, projection
from sqlmodel.ext.asyncio.session import AsyncSession

MEMBERS_GROUP, BALLOTS_GROUP = "members", "ballots"


class Projection:
    """Keeps members, ballots, participation and union events up to date, a batch in a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def on_members(self, batch: Batch) -> None:
        """Members and their sensitive interests; erasures last, so that nothing of the batch outlives them."""
        changed, erased, sensitive = _told_apart(batch.events)
        async with self._database.transaction() as session:
            await (erasing.begin(session) if erased else erasing.hold_off(session))
            if changed:
                await self._change(session, changed)
            if erased:
                await self._erase(session, erased)
            if sensitive:
                await projection.remember_sensitive(session, sensitive)
            await batch.store(session)

    async def on_ballots(self, batch: Batch) -> None:
        """Ballots, and who took part in them."""
        polls = _latest([item.event for item in batch.events if isinstance(item.event, BallotEvent)], "ballot_id")
        taken: dict[tuple[UUID, UUID], ParticipationRecorded] = {}
        for item in batch.events:
            if isinstance(item.event, ParticipationRecorded):
                taken[item.event.ballot_id, item.event.member_id] = item.event
        async with self._database.transaction() as session:
            if polls:
                await projection.remember_ballots(session, [_ballot_row(poll) for poll in polls])
            if taken:
                await erasing.hold_off(session)
                rows = [{**event.model_dump(exclude={"on"}), "on_date": event.on} for _, event in sorted(taken.items())]
                await projection.remember_participation(session, rows)
            await batch.store(session)

    async def on_union_events(self, batch: Batch) -> None:
        """What other systems told, once each."""
        rows = [_union_row(item) for item in batch.events if getattr(item.event, "body", None)]
        async with self._database.transaction() as session:
            if rows:
                await projection.remember_union_events(session, rows)
            await batch.store(session)

    async def told(self, caller: Caller, body: str | None, limit: int) -> Sequence[Any]:
        """The latest union events; a branch's caller sees their branch's."""
        async with self._database.transaction() as session:
            return await projection.union_events_of(session, scope.body_for(body, caller.branch), limit)

    async def _change(self, session: AsyncSession, changed: Sequence[MemberChanged]) -> None:
        fresh = await projection.remember_members(session, [member_row(event) for event in changed])
        known = [event for event in changed if event.member_id in fresh]
        places = [row for event in known for row in membership_rows(event)]
        words = [row for event in known for row in consent_rows(event)]
        await projection.replace_details(session, sorted(fresh), places, words)

    async def _erase(self, session: AsyncSession, erased: Sequence[MemberErased]) -> None:
        await projection.remember_members(session, [marker_row(event) for event in erased])
        member_ids = sorted(event.member_id for event in erased)
        await projection.replace_details(session, member_ids, [], [])
        await projection.forget(session, member_ids)


def _told_apart(
    heard: Sequence[ReceivedEvent],
) -> tuple[list[MemberChanged], list[MemberErased], list[dict[str, Any]]]:
    events = [item.event for item in heard]
    changed = _latest([event for event in events if isinstance(event, MemberChanged)], "member_id")
    erased = _latest([event for event in events if isinstance(event, MemberErased)], "member_id")
    kept = _latest([event for event in events if isinstance(event, SensitiveInterestsChanged)], "member_id")
    return changed, erased, [event.model_dump() for event in kept]


def _latest(events: Sequence[Any], key: str) -> list[Any]:
    """The highest version of each, in the order of their ids, so that two batches lock alike."""
    last: dict[UUID, Any] = {}
    for event in events:
        known = last.get(getattr(event, key))
        if known is None or known.version < event.version:
            last[getattr(event, key)] = event
    return [last[item] for item in sorted(last)]


def _ballot_row(poll: BallotEvent) -> dict[str, Any]:
    state = "open" if isinstance(poll, BallotOpened) else "counted" if isinstance(poll, BallotCounted) else "closed"
    names = ("ballot_id", "version", "title", "kind", "body", "opens_at", "closes_at", "roll")
    return {"state": state, **{name: getattr(poll, name) for name in names}}


def _union_row(item: ReceivedEvent) -> dict[str, Any]:
    return {
        "source": item.source,
        "event_id": item.id,
        "type": item.event.type_name,
        "subject": item.key,
        "body": item.event.body,  # type: ignore[attr-defined]
        "at": item.time or item.timestamp,
        "data": item.event.model_dump(mode="json"),
    }
