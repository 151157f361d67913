"""Electorates: who would be on the roll of a body's poll."""

from ballot.repository import electorates
from ballot.service.authorisation import require_within_branch
from chassis.clock import Clock
from chassis.db.database import Database


class Electorates:
    """Counts electorates."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def size(self, body: str, branch: str | None) -> int:
        """How many members would be on a roll of this body now."""
        async with self._database.transaction() as session:
            await require_within_branch(session, branch, body)
            return await electorates.count(session, body, self._clock.now().date())
