"""Erasure of members: a random voter takes the member's place, so that counts stay as they are."""

from collections.abc import Collection, Sequence
from uuid import UUID, uuid4

from ballot.domain.answers import PollVoter
from ballot.models import Participation
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
_VOTERS = text("""
    SELECT poll_id, voter FROM roll WHERE voter = ANY(:ids)
    UNION SELECT poll_id, voter FROM answers WHERE voter = ANY(:ids)
""")
_REPLACED = """
    (SELECT unnest(CAST(:polls AS uuid[])) AS poll_id, unnest(CAST(:voters AS uuid[])) AS voter,
            unnest(CAST(:random AS uuid[])) AS random) AS replaced
"""
_ANONYMISE_ROLL = text(f"""
    UPDATE roll SET voter = random FROM {_REPLACED}
    WHERE roll.poll_id = replaced.poll_id AND roll.voter = replaced.voter
""")  # noqa: S608 - constants only
_ANONYMISE_ANSWERS = text(f"""
    UPDATE answers SET voter = random, anonymous = true, text = '', delivery_id = NULL,
        set_aside = set_aside OR status = 'unmatched',
        status = CASE status WHEN 'unmatched' THEN 'set_aside' ELSE status END,
        decided_by = CASE status WHEN 'unmatched' THEN 'erasure' ELSE decided_by END
    FROM {_REPLACED} WHERE answers.poll_id = replaced.poll_id AND answers.voter = replaced.voter
""")  # noqa: S608 - constants only


async def anonymise(session: AsyncSession, member_ids: Collection[UUID]) -> Sequence[PollVoter]:
    """Replace these members on rolls and answers. Returns the participations that were deleted."""
    remove = delete(Participation).where(col(Participation.voter).in_(member_ids))
    removed = (await session.execute(remove.returning(col(Participation.poll_id), col(Participation.voter)))).all()
    voters = (await session.execute(_VOTERS, {"ids": list(member_ids)})).all()
    replaced = {
        "polls": [row.poll_id for row in voters],
        "voters": [row.voter for row in voters],
        "random": [uuid4() for _ in voters],
    }
    await session.execute(_ANONYMISE_ROLL, replaced)
    await session.execute(_ANONYMISE_ANSWERS, replaced)
    return [PollVoter(row.poll_id, row.voter) for row in removed]
