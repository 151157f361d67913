"""What was published about members taking part."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from ballot.domain.answers import PollVoter
from contracts.enums import ENDS_THE_ASKING, Effect
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

_UPDATE = text("""
    INSERT INTO participations (poll_id, voter, effect, rev, "on")
    SELECT poll_id, voter, coalesce(latest.effect, :nothing), 1, CAST(:today AS date)
    FROM (SELECT unnest(CAST(:polls AS uuid[])) AS poll_id, unnest(CAST(:voters AS uuid[])) AS voter) AS pair
    LEFT JOIN LATERAL (
        SELECT effect FROM answers WHERE answers.poll_id = pair.poll_id AND answers.voter = pair.voter
          AND NOT anonymous AND option IS NOT NULL AND status IN ('counted', 'not_on_roll')
        ORDER BY received_at DESC, answer_id DESC LIMIT 1
    ) AS latest ON true
    WHERE latest.effect = ANY(:ends) OR EXISTS (
        SELECT 1 FROM participations AS known WHERE known.poll_id = pair.poll_id AND known.voter = pair.voter)
    ORDER BY poll_id, voter
    ON CONFLICT (poll_id, voter) DO UPDATE
    SET effect = excluded.effect, rev = participations.rev + 1, "on" = excluded."on"
    WHERE participations.effect <> excluded.effect
    RETURNING poll_id, voter, effect, rev, "on"
""")
_PAGE = text("""
    SELECT poll_id, voter, effect, rev, "on" FROM participations
    WHERE (poll_id, voter) > (CAST(:poll AS uuid), CAST(:voter AS uuid))
    ORDER BY poll_id, voter LIMIT :limit FOR SHARE
""")


class ParticipationChange(NamedTuple):
    """A participation that has to be published; `rev` is the number of the event."""

    poll_id: UUID
    voter: UUID
    effect: str
    rev: int
    on: date


async def update(session: AsyncSession, voters: Collection[PollVoter], today: date) -> Sequence[ParticipationChange]:
    """Bring participation in line with the answers of these voters; returns what changed.

    The first entry has an effect that ends the asking. A later answer replaces it whatever its effect, and `none` does
    where no answer counts any more.
    """
    ordered = sorted(voters)
    values = {
        "polls": [pair.poll_id for pair in ordered],
        "voters": [pair.voter for pair in ordered],
        "ends": sorted(ENDS_THE_ASKING),
        "nothing": Effect.NONE.value,
        "today": today,
    }
    return [ParticipationChange(*row) for row in await session.execute(_UPDATE, values)]


async def lock_page(session: AsyncSession, after: PollVoter, limit: int) -> Sequence[ParticipationChange]:
    """Participations in the order of poll and voter; none of them is changed or deleted before the commit."""
    values = {"poll": after.poll_id, "voter": after.voter, "limit": limit}
    return [ParticipationChange(*row) for row in await session.execute(_PAGE, values)]
