"""Periodic tasks: pruning."""

from datetime import timedelta

from access.repository import token_attempts
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.periodic import Periodic

TOKEN_ATTEMPTS_KEPT = timedelta(days=1)


class Maintenance:
    """The actions of the periodic tasks."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def tasks(self) -> tuple[Periodic, ...]:
        return (Periodic("prune", self.prune, every=3600.0),)

    async def prune(self) -> None:
        """Delete what has been kept long enough."""
        async with self._database.transaction() as session:
            await token_attempts.prune(session, self._clock.now() - TOKEN_ATTEMPTS_KEPT)
