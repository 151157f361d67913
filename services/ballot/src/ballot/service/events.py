"""The events that ballot publishes: snapshots of polls, and who took part."""

from collections.abc import Sequence
from datetime import datetime

from ballot.domain.answers import PollVoter
from ballot.models import Poll
from ballot.repository.participations import ParticipationChange
from chassis.kafka import outbox
from chassis.kafka.outbox import Outgoing
from contracts.events.ballots import BallotEvent, ParticipationRecorded
from contracts.ids import Ids
from contracts.topics import BALLOTS, PARTICIPATION
from sqlmodel.ext.asyncio.session import AsyncSession

SOURCE = "ballot"


async def publish_poll(
    session: AsyncSession, ids: Ids, kind: type[BallotEvent], poll: Poll, now: datetime, **figures: object
) -> None:
    """A snapshot of the poll under its present version; `figures` are the fields that only this kind has."""
    snapshot = {
        "ballot_id": poll.poll_id,
        "version": poll.version,
        "title": poll.definition.title,
        "kind": poll.definition.kind,
        "body": poll.body,
        "opens_at": poll.opened_at or now,
        "closes_at": poll.closes_at,
        "roll": poll.roll,
    }
    event_id = ids.event("ballot", poll.poll_id, poll.version)
    event = kind.model_validate(snapshot | figures)
    await outbox.put(session, SOURCE, [Outgoing(BALLOTS, str(poll.poll_id), event, event_id, now)])


async def publish_participations(
    session: AsyncSession, ids: Ids, changes: Sequence[ParticipationChange], now: datetime
) -> None:
    """Who took part, and what replaced an earlier participation; never which option they chose."""
    events = [
        Outgoing(
            PARTICIPATION,
            f"{change.poll_id}:{change.voter}",
            ParticipationRecorded(ballot_id=change.poll_id, member_id=change.voter, effect=change.effect, on=change.on),
            ids.event("participation", change.poll_id, change.voter, change.rev),
            now,
        )
        for change in changes
    ]
    await outbox.put(session, SOURCE, events)


async def publish_participation_tombstones(
    session: AsyncSession, ids: Ids, voters: Sequence[PollVoter], now: datetime
) -> None:
    """A tombstone for each participation of an erased member."""
    tombstones = [
        Outgoing(PARTICIPATION, f"{poll_id}:{voter}", None, ids.event("forgotten", poll_id, voter), now)
        for poll_id, voter in voters
    ]
    await outbox.put(session, SOURCE, tombstones)
