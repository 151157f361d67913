"""Counting: only after everything that came in before the closing has been read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ballot.domain import disclosure
from ballot.domain.answers import turnout_effects
from ballot.domain.poll import State, draft_of
from ballot.models import Poll
from ballot.repository import answers
from ballot.repository import polls as repository
from ballot.service.access import existing, found, within_branch
from ballot.service.settling import settle_poll
from ballot.service.telling import tell_of_poll
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.catch_up import CatchUp
from contracts.ballots import BallotCounted, BranchTurnout
from contracts.ids import Ids
from contracts.topics import REPLIES
from sqlalchemy import Row
from sqlmodel.ext.asyncio.session import AsyncSession

REPLIES_GROUP = "replies"


@dataclass(frozen=True, slots=True)
class Result:
    """A poll's figures: where every answer stands, and the counted ones by option once they may be told."""

    poll: Poll
    took_part: int
    standings: dict[str, int]
    totals: dict[str, int | None]


@dataclass(frozen=True, slots=True)
class BranchLine:
    """Roll and turnout of one branch, None where few people stand behind a figure."""

    branch: str | None
    branch_name: str | None
    roll: int | None
    took_part: int | None


@dataclass(frozen=True, slots=True)
class Turnout:
    """Turnout against the frozen roll; the whole is None for a caller who may see one branch only."""

    poll: Poll
    roll: int | None
    took_part: int | None
    branches: tuple[BranchLine, ...]


class Counting:
    """Counts closed polls and tells the figures."""

    def __init__(self, database: Database, reading: CatchUp, ids: Ids, clock: Clock, *, grace: timedelta) -> None:
        self._database, self._reading, self._ids, self._clock = database, reading, ids, clock
        self._grace = grace

    async def due(self) -> Sequence[UUID]:
        """Polls to count, or to count again."""
        async with self._database.transaction() as session:
            return await repository.to_count(session, self._clock.now() - self._grace)

    async def count(self, poll_id: UUID) -> bool:
        """Count if every `replies` partition has been read to the end seen after the closing; False: not yet."""
        cutoff = await self._cutoff(poll_id)
        if not await self._reading.has_passed(REPLIES_GROUP, REPLIES, cutoff):
            return False
        now = self._clock.now()
        async with self._database.transaction() as session:
            poll = await existing(session, poll_id, lock=True)
            if poll.state == State.CLOSED or (poll.state == State.COUNTED and poll.recount):
                await self._count(session, poll, now)
        return True

    async def _cutoff(self, poll_id: UUID) -> dict[int, int]:
        """The ends of `replies` after the closing, taken once: a partition without news does not hold the count up."""
        async with self._database.transaction() as session:
            stored = (await existing(session, poll_id)).cutoff
        if stored is None:
            ends = await self._reading.ends(REPLIES)
            async with self._database.transaction() as session:
                poll = await existing(session, poll_id, lock=True)
                stored = poll.cutoff = poll.cutoff or {str(part): end for part, end in ends.items()}
        return {int(part): end for part, end in stored.items()}

    async def _count(self, session: AsyncSession, poll: Poll, now: datetime) -> None:
        await settle_poll(session, self._ids, poll.poll_id, now)
        poll.state, poll.counted_at, poll.recount, poll.version = State.COUNTED, now, False, poll.version + 1
        await session.flush()
        rows = await _branches(session, poll)
        totals = await _totals(session, poll)
        turnout = tuple(
            BranchTurnout(branch=line.branch, roll=line.roll, took_part=line.took_part) for line in _lines(rows)
        )
        took_part = sum(row.took_part for row in rows)
        more: dict[str, Any] = {"took_part": took_part, "totals": totals, "turnout": turnout, "counted_at": now}
        await tell_of_poll(session, self._ids, BallotCounted, poll, now, **more)

    async def result(self, poll_id: UUID, branch: str | None) -> Result:
        """The figures as they stand; by option only once it is counted."""
        async with self._database.transaction() as session:
            poll = await found(session, poll_id, branch)
            totals = await _totals(session, poll)
            if poll.state != State.COUNTED:
                totals = dict.fromkeys(totals)
            took_part = await answers.took_part(session, poll_id, turnout_effects(poll.draft["kind"]))
            return Result(poll, took_part, await answers.standings(session, poll_id), totals)

    async def turnout(self, poll_id: UUID, branch: str | None) -> Turnout:
        """Turnout by branch; of wider polls a branch sees its own line only."""
        async with self._database.transaction() as session:
            poll = await existing(session, poll_id)
            rows = await _branches(session, poll)
            lines = _lines(rows)
            if await within_branch(session, branch, poll.body):
                return Turnout(poll, poll.roll, sum(row.took_part for row in rows), lines)
            return Turnout(poll, None, None, tuple(line for line in lines if line.branch == branch))


async def _branches(session: AsyncSession, poll: Poll) -> Sequence[Row[Any]]:
    return await answers.branches(session, poll.poll_id, turnout_effects(poll.draft["kind"]))


async def _totals(session: AsyncSession, poll: Poll) -> dict[str, int | None]:
    counted = await answers.totals(session, poll.poll_id)
    return disclosure.totals({option.key: counted.get(option.key, 0) for option in draft_of(poll.draft).options})


def _lines(rows: Sequence[Row[Any]]) -> tuple[BranchLine, ...]:
    rolls = disclosure.breakdown({row.branch: row.roll for row in rows})
    took_part = disclosure.breakdown({row.branch: row.took_part for row in rows})
    return tuple(BranchLine(row.branch, row.branch_name, rolls[row.branch], took_part[row.branch]) for row in rows)
