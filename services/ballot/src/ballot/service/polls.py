"""Polls from their creation to their closing."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ballot.domain.poll_validation import faults_of
from ballot.domain.polls import PollDefinition, PollState
from ballot.models import Campaign, Poll
from ballot.repository import campaigns, electorates, polls
from ballot.service.answer_recording import settle
from ballot.service.authorisation import find_poll_within, require_within_branch
from ballot.service.events import publish_poll
from ballot.service.members import MEMBERS_GROUP
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Conflict, Refused, Unavailable
from chassis.kafka.catch_up import CatchUp
from contracts.events.ballots import BallotClosed, BallotOpened
from contracts.ids import Ids
from contracts.topics import MEMBERS
from sqlmodel.ext.asyncio.session import AsyncSession

_CATCH_UP_SECONDS = 10.0
"""How long an opening waits for the projection of members to catch up."""
_CUTOFF_KEPT = timedelta(hours=1)
"""How long a repeated opening waits for what was there at the first: while an import goes on, the end runs ahead."""


@dataclass(frozen=True, slots=True)
class AskedPoll:
    """A poll with the campaigns that ask it."""

    poll: Poll
    campaigns: tuple[Campaign, ...]


class Polls:
    """Creates, opens and closes polls."""

    def __init__(
        self, database: Database, catch_up: CatchUp, ids: Ids, clock: Clock, *, provider_keywords: bool
    ) -> None:
        self._database, self._catch_up, self._ids, self._clock = database, catch_up, ids, clock
        self._provider_keywords = provider_keywords

    async def create(self, poll_id: UUID, definition: PollDefinition, client_id: str, branch: str | None) -> AskedPoll:
        """Store a poll. The same id with the same definition is the same poll."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            await require_within_branch(session, branch, definition.body)
            stored = await polls.find(session, poll_id)
            if stored is None:
                stored = await self._add(session, poll_id, definition, client_id, now)
            if stored.definition != definition:
                raise Conflict("another poll has this id", field="poll_id")
            return await _with_campaigns(session, stored)

    async def _add(
        self, session: AsyncSession, poll_id: UUID, definition: PollDefinition, client_id: str, now: datetime
    ) -> Poll:
        faults = faults_of(definition, now, provider_keywords=self._provider_keywords)
        if faults:
            raise Refused(f"{len(faults)} faults in this poll", faults=faults)
        poll = Poll(
            poll_id=poll_id,
            definition=definition,
            body=definition.body,
            opens_at=definition.opens_at,
            closes_at=definition.closes_at,
            created_by=client_id,
            created_at=now,
        )
        if not await polls.add(session, poll):
            raise Conflict("another poll has this id", field="poll_id")
        return poll

    async def get(self, poll_id: UUID, branch: str | None) -> AskedPoll:
        """A poll at present."""
        async with self._database.transaction() as session:
            return await _with_campaigns(session, await find_poll_within(session, poll_id, branch))

    async def page(self, branch: str | None, after: UUID | None, limit: int) -> list[AskedPoll]:
        """The polls that a caller may see, the newest first; three statements, however many they are."""
        async with self._database.transaction() as session:
            bodies = None if branch is None else await electorates.bodies_within(session, branch)
            found = await polls.newest(session, bodies, after, limit)
            asking = defaultdict(list)
            for campaign in await campaigns.asking(session, [poll.poll_id for poll in found]):
                asking[campaign.poll_id].append(campaign)
            return [AskedPoll(poll, tuple(asking[poll.poll_id])) for poll in found]

    async def electorate_size(self, body: str, branch: str | None) -> int:
        """How many members would be on a roll of this body now."""
        async with self._database.transaction() as session:
            await require_within_branch(session, branch, body)
            return await electorates.count(session, body, self._clock.today())

    async def open(self, poll_id: UUID, branch: str | None = None) -> AskedPoll:
        """Freeze the roll; answers count from now. Repeating it changes nothing.

        Raises Unavailable until what was published of members before the first try has been read, Conflict for an
        empty roll.
        """
        async with self._database.transaction() as session:
            poll = await find_poll_within(session, poll_id, branch)
            if poll.state != PollState.SCHEDULED:
                return await _opened_before(session, poll)
        cutoff = await self._cutoff(poll)
        if not await self._catch_up.gets_past(MEMBERS_GROUP, MEMBERS, cutoff, within=_CATCH_UP_SECONDS):
            raise Unavailable("the roll cannot be frozen yet: members are still being read; try again")
        async with self._database.transaction() as session:
            poll = await find_poll_within(session, poll_id, branch, lock=True)
            if poll.state != PollState.SCHEDULED:
                return await _opened_before(session, poll)
            await self._open(session, poll)
            return await _with_campaigns(session, poll)

    async def _cutoff(self, poll: Poll) -> dict[int, int]:
        """The end offset of each partition of `members` at the first try, kept for an hour."""
        now = self._clock.now()
        if poll.roll_cutoff is None or poll.roll_cutoff_at is None or poll.roll_cutoff_at < now - _CUTOFF_KEPT:
            ends = await self._catch_up.ends(MEMBERS)
            async with self._database.transaction() as session:
                await polls.keep_roll_cutoff(session, poll.poll_id, ends, now)
            return ends
        return {int(partition): end for partition, end in poll.roll_cutoff.items()}

    async def _open(self, session: AsyncSession, poll: Poll) -> None:
        now = self._clock.now()
        if poll.closes_at <= now:
            raise Conflict("its closing has passed")
        poll.roll = await electorates.freeze(session, poll.poll_id, poll.body, self._clock.today())
        if not poll.roll:
            raise Conflict("nobody would be on the roll: no active member has a current membership there", field="body")
        poll.state, poll.opened_at, poll.version = PollState.OPEN, now, poll.version + 1
        await session.flush()
        await publish_poll(session, self._ids, BallotOpened, poll, now)

    async def close(self, poll_id: UUID, branch: str | None = None) -> AskedPoll:
        """Answers received from now on are late. Repeating it changes nothing; a closing is never postponed."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            poll = await find_poll_within(session, poll_id, branch, lock=True)
            if poll.state == PollState.SCHEDULED:
                raise Conflict("it is not open")
            if poll.state == PollState.OPEN:
                await self._close(session, poll, now)
            closed = await _with_campaigns(session, poll)
        await settle(self._database, self._ids, poll_id, now)
        return closed

    async def _close(self, session: AsyncSession, poll: Poll, now: datetime) -> None:
        poll.closes_at = min(poll.closes_at, now)
        poll.state, poll.version = PollState.CLOSED, poll.version + 1
        await session.flush()
        await publish_poll(session, self._ids, BallotClosed, poll, now)

    async def due(self) -> tuple[Sequence[UUID], Sequence[UUID]]:
        """Polls that are due to open, and polls that are due to close."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            return await polls.to_open(session, now), await polls.to_close(session, now)

    async def lapse(self, poll_id: UUID) -> bool:
        """Mark a poll lapsed whose closing time came before it opened; False when that is not so."""
        async with self._database.transaction() as session:
            poll = await polls.find(session, poll_id, lock=True)
            if poll is None or poll.state != PollState.SCHEDULED or poll.closes_at > self._clock.now():
                return False
            poll.state, poll.version = PollState.LAPSED, poll.version + 1
            return True


async def _with_campaigns(session: AsyncSession, poll: Poll) -> AskedPoll:
    return AskedPoll(poll, tuple(await campaigns.asking(session, [poll.poll_id])))


async def _opened_before(session: AsyncSession, poll: Poll) -> AskedPoll:
    if poll.state == PollState.LAPSED:
        raise Conflict("its closing has passed")
    return await _with_campaigns(session, poll)
