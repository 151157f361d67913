"""What follows a voter: participation, history, and being forgotten."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from ballot.models import Participation
from ballot.repository.answers import Pair
from contracts.enums import ENDS_THE_ASKING, Effect
from sqlalchemy import Row, delete, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

_TAKE_PART = text("""
    INSERT INTO participations (poll_id, voter, effect, rev, "on")
    SELECT poll_id, voter, coalesce(standing.effect, :nothing), 1, CAST(:today AS date)
    FROM (SELECT unnest(CAST(:polls AS uuid[])) AS poll_id, unnest(CAST(:voters AS uuid[])) AS voter) AS pair
    LEFT JOIN LATERAL (
        SELECT effect FROM answers WHERE answers.poll_id = pair.poll_id AND answers.voter = pair.voter
          AND NOT anonymous AND option IS NOT NULL AND status IN ('counted', 'not_on_roll')
        ORDER BY received_at DESC, answer_id DESC LIMIT 1
    ) AS standing ON true
    WHERE standing.effect = ANY(:ends) OR EXISTS (
        SELECT 1 FROM participations AS said WHERE said.poll_id = pair.poll_id AND said.voter = pair.voter)
    ORDER BY poll_id, voter
    ON CONFLICT (poll_id, voter) DO UPDATE
    SET effect = excluded.effect, rev = participations.rev + 1, "on" = excluded."on"
    WHERE participations.effect <> excluded.effect
    RETURNING poll_id, voter, effect, rev, "on"
""")
_PAIRS = text("""
    SELECT poll_id, voter FROM roll WHERE voter = ANY(:ids)
    UNION SELECT poll_id, voter FROM answers WHERE voter = ANY(:ids)
""")
_FRESH = """
    (SELECT unnest(CAST(:polls AS uuid[])) AS poll_id, unnest(CAST(:voters AS uuid[])) AS voter,
            unnest(CAST(:fresh AS uuid[])) AS fresh) AS pair
"""
_STRIP_ROLL = text(f"""
    UPDATE roll SET voter = fresh FROM {_FRESH} WHERE roll.poll_id = pair.poll_id AND roll.voter = pair.voter
""")  # noqa: S608 - constants only
_STRIP_ANSWERS = text(f"""
    UPDATE answers SET voter = fresh, anonymous = true, text = '', delivery_id = NULL,
        set_aside = set_aside OR status = 'unmatched',
        status = CASE status WHEN 'unmatched' THEN 'set_aside' ELSE status END,
        decided_by = CASE status WHEN 'unmatched' THEN 'erasure' ELSE decided_by END
    FROM {_FRESH} WHERE answers.poll_id = pair.poll_id AND answers.voter = pair.voter
""")  # noqa: S608 - constants only
_HISTORY = text("""
    SELECT received_at AS at, 'answer' AS what, poll_id, channel, status, option, campaign_id, delivery_id,
           NULL AS effect
    FROM answers WHERE voter = :member_id AND NOT anonymous
    UNION ALL
    SELECT opened_at, 'on_roll', poll_id, NULL, NULL, NULL, NULL, NULL, NULL
    FROM roll JOIN polls USING (poll_id) WHERE voter = :member_id
    UNION ALL
    SELECT CAST("on" AS timestamp) AT TIME ZONE 'UTC', 'participation', poll_id, NULL, NULL, NULL, NULL, NULL, effect
    FROM participations WHERE voter = :member_id
    ORDER BY at
""")
_BELONGS = text("""
    SELECT EXISTS (SELECT 1 FROM memberships WHERE member_id = :member_id AND :branch = ANY(path)
      AND valid_from <= :today AND (valid_to IS NULL OR valid_to >= :today))
""")
_TITLES = text("SELECT poll_id, draft ->> 'title' AS title FROM polls WHERE poll_id = ANY(:ids)")


async def take_part(session: AsyncSession, pairs: Collection[Pair], today: date) -> Sequence[Row[Any]]:
    """Bring participation in line with these voters' standing answers; returns what has to be said.

    It starts with an effect that ends the asking; an answer that replaces such a one is said too, whatever its effect,
    and `none` where no answer stands any more.
    """
    ordered = sorted(pairs)
    given = {
        "polls": [poll_id for poll_id, _ in ordered],
        "voters": [voter for _, voter in ordered],
        "ends": sorted(ENDS_THE_ASKING),
        "nothing": Effect.NONE.value,
        "today": today,
    }
    return (await session.execute(_TAKE_PART, given)).all()


async def forget(session: AsyncSession, member_ids: Collection[UUID]) -> Sequence[Pair]:
    """Put a random voter in a member's place: what counted still counts. Returns the participations taken back."""
    gone = delete(Participation).where(col(Participation.voter).in_(member_ids))
    taken_back = (await session.execute(gone.returning(col(Participation.poll_id), col(Participation.voter)))).all()
    pairs = (await session.execute(_PAIRS, {"ids": list(member_ids)})).all()
    given = {
        "polls": [pair.poll_id for pair in pairs],
        "voters": [pair.voter for pair in pairs],
        "fresh": [uuid4() for _ in pairs],
    }
    await session.execute(_STRIP_ROLL, given)
    await session.execute(_STRIP_ANSWERS, given)
    return [(row.poll_id, row.voter) for row in taken_back]


async def history(session: AsyncSession, member_id: UUID) -> list[dict[str, Any]]:
    """All that is kept of a member here, in order of time."""
    rows = (await session.execute(_HISTORY, {"member_id": member_id})).all()
    found = await session.execute(_TITLES, {"ids": list({row.poll_id for row in rows})})
    titles = {row.poll_id: row.title for row in found}
    return [{**row._mapping, "title": titles[row.poll_id]} for row in rows]


async def belongs(session: AsyncSession, member_id: UUID, branch: str, today: date) -> bool:
    """Whether a member has a current membership in a branch or below it."""
    return bool(await session.scalar(_BELONGS, {"member_id": member_id, "branch": branch, "today": today}))
