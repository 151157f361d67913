"""Erasure of members: a random voter takes the member's place, so that counts stay as they are."""

from collections.abc import Collection, Sequence
from uuid import UUID

from ballot.domain.answers import PollVoter
from ballot.models import Participation
from chassis.db.rows import among
from sqlalchemy import delete, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

ERASED = "SELECT member_id FROM members WHERE status = 'erased'"
TABLES = ("members", "memberships", "roll", "answers", "participations", "outbox", "dead_letters")
RESIDUE_COUNTS = {
    "memberships": "SELECT count(*) FROM memberships JOIN gone USING (member_id)",
    **{
        table: f"SELECT count(*) FROM {table} JOIN gone ON {table}.voter = gone.member_id"  # noqa: S608 - own names
        for table in ("roll", "answers", "participations")
    },
}
"""Counts of rows that still hold something of an erased member; `gone` are the erased."""
_ANONYMISE = text("""
    WITH replaced AS MATERIALIZED (
        SELECT poll_id, voter, gen_random_uuid() AS random FROM (
            SELECT poll_id, voter FROM roll WHERE voter = ANY(:ids)
            UNION SELECT poll_id, voter FROM answers WHERE voter = ANY(:ids)
        ) AS theirs
    ), on_roll AS (
        UPDATE roll SET voter = random FROM replaced
        WHERE roll.poll_id = replaced.poll_id AND roll.voter = replaced.voter
    )
    UPDATE answers SET voter = random, anonymous = true, text = '', delivery_id = NULL,
        set_aside = set_aside OR status = 'unmatched',
        status = CASE status WHEN 'unmatched' THEN 'set_aside' ELSE status END,
        decided_by = CASE status WHEN 'unmatched' THEN 'erasure' ELSE decided_by END
    FROM replaced WHERE answers.poll_id = replaced.poll_id AND answers.voter = replaced.voter
""")


async def anonymise(session: AsyncSession, member_ids: Collection[UUID]) -> Sequence[PollVoter]:
    """Replace these members on rolls and answers. Returns the participations that were deleted."""
    remove = delete(Participation).where(among(Participation.voter, member_ids))
    removed = (await session.execute(remove.returning(col(Participation.poll_id), col(Participation.voter)))).all()
    await session.execute(_ANONYMISE, {"ids": list(member_ids)})
    return [PollVoter(row.poll_id, row.voter) for row in removed]
