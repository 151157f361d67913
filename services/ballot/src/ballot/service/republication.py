"""The topics `ballots` and `participation` published again, for consumers of a broker that was rebuilt."""

from collections.abc import Sequence
from uuid import UUID

from ballot.domain.answers import PollVoter
from ballot.domain.polls import PollState
from ballot.models import Poll
from ballot.repository import participations, polls
from ballot.service.counts import counted_figures
from ballot.service.events import publish_participations, publish_poll
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.republication import Republished
from contracts.events.ballots import BallotClosed, BallotCounted, BallotEvent, BallotOpened
from contracts.ids import Ids
from contracts.topics import BALLOTS, PARTICIPATION
from sqlmodel.ext.asyncio.session import AsyncSession

_BATCH = 1000
_EVENTS: dict[str, type[BallotEvent]] = {
    PollState.OPEN: BallotOpened,
    PollState.CLOSED: BallotClosed,
    PollState.COUNTED: BallotCounted,
}


class Republication:
    """Rows are locked until their snapshot is in the outbox, so that it cannot come after a later one."""

    def __init__(self, database: Database, ids: Ids, clock: Clock) -> None:
        self._database, self._ids, self._clock = database, ids, clock

    async def publish(self) -> Sequence[Republished]:
        """Every poll that was opened, and who took part."""
        return [
            Republished(BALLOTS.name, await self._publish_polls()),
            Republished(PARTICIPATION.name, await self._publish_participations()),
        ]

    async def _publish_polls(self) -> int:
        async with self._database.transaction() as session:
            opened = await polls.in_states(session, _EVENTS)
        for poll_id in opened:
            async with self._database.transaction() as session:
                await self._publish_poll(session, poll_id)
        return len(opened)

    async def _publish_poll(self, session: AsyncSession, poll_id: UUID) -> None:
        poll: Poll | None = (await polls.lock_shared(session, [poll_id])).get(poll_id)
        if poll is not None:
            figures = await counted_figures(session, poll) if poll.state == PollState.COUNTED else {}
            at = poll.counted_at or poll.opened_at or poll.created_at
            await publish_poll(session, self._ids, _EVENTS[poll.state], poll, at, **figures)

    async def _publish_participations(self) -> int:
        published, after = 0, PollVoter(UUID(int=0), UUID(int=0))
        while True:
            async with self._database.transaction() as session:
                page = await participations.lock_page(session, after, _BATCH)
                await publish_participations(session, self._ids, page, self._clock.now())
            if not page:
                return published
            published, after = published + len(page), PollVoter(page[-1].poll_id, page[-1].voter)
