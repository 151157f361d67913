"""Figures of a poll, summed from what is counted as answers change; neither answers nor the roll are read."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from ballot.domain.disclosure import BranchCount
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

_COUNTS = text("""
    SELECT status, option, effect, CAST(sum(number) AS bigint) AS answers FROM answer_counts
    WHERE poll_id = :poll_id GROUP BY status, option, effect
""")
_BY_BRANCH = text("""
    WITH counted AS (
        SELECT coalesce(branch, '') AS branch, CAST(sum(number) AS bigint) AS took_part FROM answer_counts
        WHERE poll_id = :poll_id AND status = 'counted' AND effect = ANY(:effects) GROUP BY 1)
    SELECT roll_branches.branch, branch_name, roll, coalesce(took_part, 0) AS took_part
    FROM roll_branches LEFT JOIN counted ON counted.branch = coalesce(roll_branches.branch, '')
    WHERE poll_id = :poll_id ORDER BY roll_branches.branch
""")


class AnswerCount(NamedTuple):
    """So many answers of one status, option and effect."""

    status: str
    option: str | None
    effect: str | None
    answers: int


async def counts(session: AsyncSession, poll_id: UUID) -> list[AnswerCount]:
    """The answers to a poll, all of one moment."""
    return [AnswerCount(*row) for row in await session.execute(_COUNTS, {"poll_id": poll_id})]


async def by_branch(session: AsyncSession, poll_id: UUID, effects: Sequence[str]) -> tuple[BranchCount, ...]:
    """Roll and turnout of each branch."""
    rows = await session.execute(_BY_BRANCH, {"poll_id": poll_id, "effects": list(effects)})
    return tuple(BranchCount(*row) for row in rows)
