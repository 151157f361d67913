"""What ballot says on Kafka: snapshots of polls, and who took part."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ballot.models import Poll
from ballot.repository.answers import Pair
from chassis.kafka import outbox
from chassis.kafka.outbox import Outgoing
from contracts.ballots import BallotEvent, ParticipationRecorded
from contracts.ids import Ids
from contracts.topics import BALLOTS, PARTICIPATION
from sqlalchemy import Row
from sqlmodel.ext.asyncio.session import AsyncSession

SOURCE = "ballot"


async def tell_of_poll(
    session: AsyncSession, ids: Ids, kind: type[BallotEvent], poll: Poll, now: datetime, **more: Any
) -> None:
    """Say how a poll stands, under its present version."""
    event = kind(
        ballot_id=poll.poll_id,
        version=poll.version,
        title=poll.draft["title"],
        kind=poll.draft["kind"],
        body=poll.body,
        opens_at=poll.opened_at or now,
        closes_at=poll.closes_at,
        roll=poll.roll,
        **more,
    )
    event_id = ids.event("ballot", poll.poll_id, poll.version)
    await outbox.put(session, SOURCE, [Outgoing(BALLOTS, str(poll.poll_id), event, event_id, now)])


async def tell_of_participation(session: AsyncSession, ids: Ids, taken: Sequence[Row[Any]], now: datetime) -> None:
    """Say that these voters took part, or what replaced it; never what they chose."""
    said = [
        Outgoing(
            PARTICIPATION,
            f"{row.poll_id}:{row.voter}",
            ParticipationRecorded(ballot_id=row.poll_id, member_id=row.voter, effect=row.effect, on=row.on),
            ids.event("participation", row.poll_id, row.voter, row.rev),
            now,
        )
        for row in taken
    ]
    await outbox.put(session, SOURCE, said)


async def take_back_participation(session: AsyncSession, ids: Ids, pairs: Sequence[Pair], now: datetime) -> None:
    """Leave a tombstone for each."""
    tombstones = [
        Outgoing(PARTICIPATION, f"{poll_id}:{voter}", None, ids.event("forgotten", poll_id, voter), now)
        for poll_id, voter in pairs
    ]
    await outbox.put(session, SOURCE, tombstones)
