"""Everything stored about one member."""

from datetime import date, datetime
from uuid import UUID

from ballot.domain.history import HistoryEntry
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

_HISTORY = text("""
    SELECT * FROM (
    SELECT received_at AS at, 'answer' AS what, poll_id, definition ->> 'title' AS title, channel, status, option,
           campaign_id, delivery_id, NULL AS effect
    FROM answers JOIN polls USING (poll_id) WHERE voter = :member_id AND NOT anonymous
    UNION ALL
    SELECT opened_at, 'on_roll', poll_id, definition ->> 'title', NULL, NULL, NULL, NULL, NULL, NULL
    FROM roll JOIN polls USING (poll_id) WHERE voter = :member_id
    UNION ALL
    SELECT CAST("on" AS timestamp) AT TIME ZONE 'UTC', 'participation', poll_id, definition ->> 'title',
           NULL, NULL, NULL, NULL, NULL, effect
    FROM participations JOIN polls USING (poll_id) WHERE voter = :member_id
    ) AS entries WHERE CAST(:before AS timestamptz) IS NULL OR at < :before
    ORDER BY at DESC FETCH FIRST :most ROWS WITH TIES
""")
_IS_MEMBER = text("""
    SELECT EXISTS (SELECT 1 FROM memberships WHERE member_id = :member_id AND :branch = ANY(path)
      AND valid_from <= :today AND (valid_to IS NULL OR valid_to >= :today))
""")


async def of_member(session: AsyncSession, member_id: UUID, before: datetime | None, limit: int) -> list[HistoryEntry]:
    """The latest entries before that moment, the latest first."""
    values = {"member_id": member_id, "before": before, "most": limit}
    return [HistoryEntry(*row) for row in await session.execute(_HISTORY, values)]


async def is_in_branch(session: AsyncSession, member_id: UUID, branch: str, today: date) -> bool:
    """Whether a member has a current membership in a branch or a body below it."""
    return bool(await session.scalar(_IS_MEMBER, {"member_id": member_id, "branch": branch, "today": today}))
