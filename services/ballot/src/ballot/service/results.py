"""Results and turnout of polls, as far as they may be published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from ballot.domain import disclosure
from ballot.domain.answers import AnswerStatus, turnout_effects
from ballot.domain.disclosure import BranchCount, BranchTurnout
from ballot.domain.polls import PollState
from ballot.models import Poll
from ballot.repository import results
from ballot.repository.results import AnswerCount
from ballot.service.authorisation import find_poll, find_poll_within, is_within_branch
from chassis.db.database import Database
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class Result:
    """Answers by status, and the counted ones by option once they may be published."""

    poll: Poll
    took_part: int
    by_status: Mapping[AnswerStatus, int]
    by_option: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Turnout:
    """Turnout against the frozen roll; the totals are None for a caller who may see one branch only."""

    poll: Poll
    roll: int | None
    took_part: int | None
    branches: tuple[BranchTurnout, ...]


class Results:
    """Reads the figures of polls."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def result(self, poll_id: UUID, branch: str | None) -> Result:
        """The figures at present; by option only once the poll is counted."""
        async with self._database.transaction() as session:
            poll = await find_poll_within(session, poll_id, branch)
            counts = await results.counts(session, poll_id)
        by_option = published_totals(poll, counts)
        if poll.state != PollState.COUNTED:
            by_option = dict.fromkeys(by_option)
        by_status = {status: sum(one.answers for one in counts if one.status == status) for status in AnswerStatus}
        effects = turnout_effects(poll.definition.kind)
        took_part = sum(one.answers for one in _counted(counts) if one.effect in effects)
        return Result(poll, took_part, by_status, by_option)

    async def turnout(self, poll_id: UUID, branch: str | None) -> Turnout:
        """Turnout by branch; of a wider poll, a branch sees only its own line."""
        async with self._database.transaction() as session:
            poll = await find_poll(session, poll_id)
            counts = await branch_counts(session, poll)
            lines = disclosure.branch_turnout(counts)
            if await is_within_branch(session, branch, poll.body):
                return Turnout(poll, poll.roll, sum(line.took_part for line in counts), lines)
            return Turnout(poll, None, None, tuple(line for line in lines if line.branch == branch))


async def branch_counts(session: AsyncSession, poll: Poll) -> tuple[BranchCount, ...]:
    """Roll and turnout of each branch, as counted."""
    return await results.by_branch(session, poll.poll_id, turnout_effects(poll.definition.kind))


def published_totals(poll: Poll, counts: Sequence[AnswerCount]) -> dict[str, int | None]:
    """Counted answers by option key, None where they are hidden."""
    counted = _counted(counts)
    keys = [option.key for option in poll.definition.options]
    return disclosure.totals({key: sum(one.answers for one in counted if one.option == key) for key in keys})


def _counted(counts: Sequence[AnswerCount]) -> list[AnswerCount]:
    return [one for one in counts if one.status == AnswerStatus.COUNTED]
