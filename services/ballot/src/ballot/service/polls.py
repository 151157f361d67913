"""A poll from its asking to its closing."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ballot.domain.poll import Draft, State, faults_of
from ballot.models import Ask, Poll
from ballot.repository import electorate
from ballot.repository import polls as repository
from ballot.service.access import ensure_within_branch, found
from ballot.service.settling import settle_poll
from ballot.service.telling import tell_of_poll
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Conflict, Refused, Unavailable
from chassis.kafka.catch_up import CatchUp
from contracts.ballots import BallotClosed, BallotOpened
from contracts.ids import Ids
from contracts.topics import MEMBERS
from sqlmodel.ext.asyncio.session import AsyncSession

MEMBERS_GROUP = "members"
_PATIENCE = 10.0
"""Seconds that an opening waits for the projection to take over what was said before it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A poll with the campaigns that ask it."""

    poll: Poll
    campaigns: tuple[Ask, ...]


class Polls:
    """Asks, opens and closes polls."""

    def __init__(
        self, database: Database, reading: CatchUp, ids: Ids, clock: Clock, *, provider_keywords: bool
    ) -> None:
        self._database, self._reading, self._ids, self._clock = database, reading, ids, clock
        self._provider_keywords = provider_keywords

    async def ask(self, poll_id: UUID, draft: Draft, client_id: str, branch: str | None) -> Asked:
        """Store a poll. The same id with the same content is the same poll."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            await ensure_within_branch(session, branch, draft.body)
            stored = await repository.one(session, poll_id)
            if stored is None:
                stored = await self._add(session, poll_id, draft, client_id, now)
            if stored.draft != draft.stored():
                raise Conflict("another poll has this id", field="poll_id")
            return await _asked(session, stored)

    async def _add(self, session: AsyncSession, poll_id: UUID, draft: Draft, client_id: str, now: datetime) -> Poll:
        faults = faults_of(draft, now, provider_keywords=self._provider_keywords)
        if faults:
            raise Refused(f"{len(faults)} faults in this poll", faults=faults)
        poll = Poll(
            poll_id=poll_id,
            draft=draft.stored(),
            body=draft.body,
            opens_at=draft.opens_at,
            closes_at=draft.closes_at,
            created_by=client_id,
            created_at=now,
        )
        if not await repository.add(session, poll):
            raise Conflict("another poll has this id", field="poll_id")
        return poll

    async def one(self, poll_id: UUID, branch: str | None) -> Asked:
        """A poll as it stands."""
        async with self._database.transaction() as session:
            return await _asked(session, await found(session, poll_id, branch))

    async def page(self, branch: str | None, after: UUID | None, limit: int) -> list[Asked]:
        """The polls that a caller may see, the newest first; three statements, however many they are."""
        async with self._database.transaction() as session:
            bodies = None if branch is None else await electorate.bodies_within(session, branch)
            polls = await repository.newest(session, bodies, after, limit)
            asks = defaultdict(list)
            for ask in await repository.asks(session, [poll.poll_id for poll in polls]):
                asks[ask.poll_id].append(ask)
            return [Asked(poll, tuple(asks[poll.poll_id])) for poll in polls]

    async def open(self, poll_id: UUID, branch: str | None = None) -> Asked:
        """Freeze the roll and let answers count. Repeating it changes nothing.

        Raises Unavailable until everything said of members before is in the projection, Conflict for an empty roll.
        """
        async with self._database.transaction() as session:
            poll = await found(session, poll_id, branch)
            if poll.state != State.SCHEDULED:
                return await _opened_before(session, poll)
        if not await self._reading.has_passed_now(MEMBERS_GROUP, MEMBERS, within=_PATIENCE):
            raise Unavailable("the roll cannot be frozen yet: members are still being read")
        async with self._database.transaction() as session:
            poll = await found(session, poll_id, branch, lock=True)
            if poll.state != State.SCHEDULED:
                return await _opened_before(session, poll)
            await self._open(session, poll)
            return await _asked(session, poll)

    async def _open(self, session: AsyncSession, poll: Poll) -> None:
        now = self._clock.now()
        if poll.closes_at <= now:
            raise Conflict("its closing has passed")
        poll.roll = await electorate.freeze(session, poll.poll_id, poll.body, now.date())
        if not poll.roll:
            raise Conflict("nobody would be on the roll: no active member has a current membership there", field="body")
        poll.state, poll.opened_at, poll.version = State.OPEN, now, poll.version + 1
        await session.flush()
        await tell_of_poll(session, self._ids, BallotOpened, poll, now)

    async def close(self, poll_id: UUID, branch: str | None = None) -> Asked:
        """Answers received from now on are late. Repeating it changes nothing; a closing is never put off."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            poll = await found(session, poll_id, branch, lock=True)
            if poll.state == State.SCHEDULED:
                raise Conflict("it is not open")
            if poll.state == State.OPEN:
                await self._close(session, poll, now)
            return await _asked(session, poll)

    async def _close(self, session: AsyncSession, poll: Poll, now: datetime) -> None:
        poll.closes_at = min(poll.closes_at, now)
        poll.state, poll.version = State.CLOSED, poll.version + 1
        await session.flush()
        await settle_poll(session, self._ids, poll.poll_id, now)
        await tell_of_poll(session, self._ids, BallotClosed, poll, now)

    async def due(self) -> tuple[Sequence[UUID], Sequence[UUID]]:
        """Polls whose time has come: to open, to close."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            return await repository.to_open(session, now), await repository.to_close(session, now)

    async def lapse(self, poll_id: UUID) -> bool:
        """Set aside a poll whose closing came before it opened; False when that is not so."""
        async with self._database.transaction() as session:
            poll = await repository.one(session, poll_id, lock=True)
            if poll is None or poll.state != State.SCHEDULED or poll.closes_at > self._clock.now():
                return False
            poll.state, poll.version = State.LAPSED, poll.version + 1
            return True


async def _asked(session: AsyncSession, poll: Poll) -> Asked:
    return Asked(poll, tuple(await repository.asks(session, [poll.poll_id])))


async def _opened_before(session: AsyncSession, poll: Poll) -> Asked:
    if poll.state == State.LAPSED:
        raise Conflict("its closing has passed")
    return await _asked(session, poll)
