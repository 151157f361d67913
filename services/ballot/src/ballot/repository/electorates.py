"""Electorates, and the rolls that are frozen from them."""

from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

_ELECTORATE = """
    FROM members JOIN memberships USING (member_id)
    WHERE members.status = 'active' AND path @> ARRAY[CAST(:body AS text)]
      AND valid_from <= :today AND (valid_to IS NULL OR valid_to >= :today)
"""
_COUNT = text(f"SELECT count(DISTINCT member_id) {_ELECTORATE}")
_FREEZE = text(f"""
    WITH frozen AS (
        INSERT INTO roll (poll_id, voter, branch, branch_name)
        SELECT DISTINCT ON (member_id) CAST(:poll_id AS uuid), member_id, branch, branch_name {_ELECTORATE}
        ORDER BY member_id, valid_from, body RETURNING branch, branch_name),
    branches AS (
        INSERT INTO roll_branches (poll_id, branch, branch_name, roll)
        SELECT CAST(:poll_id AS uuid), branch, max(branch_name), count(*) FROM frozen GROUP BY branch RETURNING roll)
    SELECT sum(roll) FROM branches
""")  # noqa: S608 - constants only
_BODIES_WITHIN = text("""
    SELECT DISTINCT body FROM (
        SELECT unnest(path[array_position(path, :branch):]) AS body FROM memberships WHERE branch = :branch
    ) AS below
""")


async def count(session: AsyncSession, body: str, today: date) -> int:
    """How many members a roll of this body would have today."""
    return int(await session.scalar(_COUNT, {"body": body, "today": today}) or 0)


async def freeze(session: AsyncSession, poll_id: UUID, body: str, today: date) -> int:
    """Write the roll: active members with a current membership in the body or below it, each once. Returns its size.

    A member of two branches is counted in that of the longest-standing membership (then the smaller body id).
    """
    return int(await session.scalar(_FREEZE, {"poll_id": poll_id, "body": body, "today": today}) or 0)


async def bodies_within(session: AsyncSession, branch: str) -> set[str]:
    """The branch and the bodies known below it."""
    return {branch, *(await session.execute(_BODIES_WITHIN, {"branch": branch})).scalars()}
