"""Figures of a poll, counted from its answers and its roll."""

from collections.abc import Sequence
from uuid import UUID

from ballot.domain.answers import AnswerStatus
from ballot.domain.disclosure import BranchCount
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

_BY_STATUS = text("SELECT status, count(*) AS answers FROM answers WHERE poll_id = :poll_id GROUP BY status")
_TOOK_PART = text("""
    SELECT count(*) FROM answers WHERE poll_id = :poll_id AND status = 'counted' AND effect = ANY(:effects)
""")
_BY_OPTION = text("""
    SELECT option, count(*) AS answers FROM answers WHERE poll_id = :poll_id AND status = 'counted' GROUP BY option
""")
_BY_BRANCH = text("""
    SELECT branch, max(branch_name) AS branch_name, count(*) AS roll, count(answer_id) AS took_part
    FROM roll LEFT JOIN answers ON answers.poll_id = roll.poll_id AND answers.voter = roll.voter
        AND answers.status = 'counted' AND answers.effect = ANY(:effects)
    WHERE roll.poll_id = :poll_id GROUP BY branch ORDER BY branch
""")


async def by_status(session: AsyncSession, poll_id: UUID) -> dict[AnswerStatus, int]:
    """How many answers have each status; all statuses are keys."""
    found = {row.status: row.answers for row in await session.execute(_BY_STATUS, {"poll_id": poll_id})}
    return {status: found.get(status, 0) for status in AnswerStatus}


async def took_part(session: AsyncSession, poll_id: UUID, effects: Sequence[str]) -> int:
    """Voters whose counted answer has one of these effects. The roll is not read: only its voters have one."""
    return int(await session.scalar(_TOOK_PART, {"poll_id": poll_id, "effects": list(effects)}) or 0)


async def by_option(session: AsyncSession, poll_id: UUID) -> dict[str, int]:
    """Counted answers by option; an option that nobody chose is absent."""
    return {row.option: row.answers for row in await session.execute(_BY_OPTION, {"poll_id": poll_id})}


async def by_branch(session: AsyncSession, poll_id: UUID, effects: Sequence[str]) -> tuple[BranchCount, ...]:
    """Roll and turnout of each branch."""
    rows = await session.execute(_BY_BRANCH, {"poll_id": poll_id, "effects": list(effects)})
    return tuple(BranchCount(*row) for row in rows)
