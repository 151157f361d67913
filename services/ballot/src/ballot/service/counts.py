"""Counts closed polls, once every reply received before the closing has been consumed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from ballot.domain.disclosure import branch_turnout
from ballot.domain.polls import PollState
from ballot.models import Poll
from ballot.repository import polls, results
from ballot.service.answer_recording import settle, settle_some
from ballot.service.authorisation import find_poll
from ballot.service.events import publish_poll
from ballot.service.replies import REPLIES_GROUP
from ballot.service.results import branch_counts, published_totals
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.catch_up import CatchUp
from contracts.events.ballots import BallotCounted, BranchTurnout
from contracts.ids import Ids
from contracts.topics import REPLIES
from sqlmodel.ext.asyncio.session import AsyncSession


class Counts:
    """Counts polls and publishes the totals. `grace` is the wait after a closing."""

    def __init__(self, database: Database, catch_up: CatchUp, ids: Ids, clock: Clock, *, grace: timedelta) -> None:
        self._database, self._catch_up, self._ids, self._clock = database, catch_up, ids, clock
        self._grace = grace

    async def due(self) -> Sequence[UUID]:
        """Polls to count, or to count again."""
        async with self._database.transaction() as session:
            return await polls.to_count(session, self._clock.now() - self._grace)

    async def count(self, poll_id: UUID) -> bool:
        """False while a partition of `replies` has not been consumed up to the poll's cutoff. Answers wait only for the
        sums, not while statuses are settled."""
        cutoff = await self._cutoff(poll_id)
        if not await self._catch_up.has_passed(REPLIES_GROUP, REPLIES, cutoff):
            return False
        now = self._clock.now()
        await settle(self._database, self._ids, poll_id, now)
        async with self._database.transaction() as session:
            poll = await find_poll(session, poll_id, lock=True)
            if await settle_some(session, self._ids, poll, now):
                return False
            if poll.state == PollState.CLOSED or (poll.state == PollState.COUNTED and poll.recount):
                await self._count(session, poll, now)
        return True

    async def _cutoff(self, poll_id: UUID) -> dict[int, int]:
        """The end offset of each partition of `replies` after the closing; read once, then stored with the poll.

        Later records do not move it, so the count never waits for replies that come after the closing.
        """
        async with self._database.transaction() as session:
            stored = (await find_poll(session, poll_id)).cutoff
        if stored is None:
            ends = await self._catch_up.ends(REPLIES)
            async with self._database.transaction() as session:
                poll = await find_poll(session, poll_id, lock=True)
                stored = poll.cutoff = poll.cutoff or {str(partition): end for partition, end in ends.items()}
        return {int(partition): end for partition, end in stored.items()}

    async def _count(self, session: AsyncSession, poll: Poll, now: datetime) -> None:
        poll.state, poll.counted_at, poll.recount, poll.version = PollState.COUNTED, now, False, poll.version + 1
        await session.flush()
        await publish_poll(session, self._ids, BallotCounted, poll, now, **await counted_figures(session, poll))


async def counted_figures(session: AsyncSession, poll: Poll) -> dict[str, object]:
    """What only the event of a counted poll has."""
    counts = await branch_counts(session, poll)
    return {
        "took_part": sum(line.took_part for line in counts),
        "totals": published_totals(poll, await results.counts(session, poll.poll_id)),
        "turnout": [
            BranchTurnout(branch=line.branch, roll=line.roll, took_part=line.took_part)
            for line in branch_turnout(counts)
        ],
        "counted_at": poll.counted_at,
    }
