"""Recovery of ballot's own polls after its database was restored from a backup."""

from collections.abc import Sequence

from ballot.repository import polls
from chassis.db.database import Database
from chassis.kafka.batch import Batch
from chassis.observability.logs import get
from contracts.events.ballots import BallotEvent

log = get(__name__)


class Restore:
    """Consumes ballot's own topic, `ballots`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def apply(self, batch: Batch, events: Sequence[BallotEvent]) -> None:
        """Raise stored versions and bring closing times forward to what was published.

        A restored database consumes again what was published after its backup. In any other database the stored polls
        are at least as new as what was published, and nothing changes.
        """
        async with self._database.transaction() as session:
            older = [await polls.advance(session, event) for event in events]
            await batch.store(session)
        if any(older):
            log.error("the database was restored from a backup", polls_advanced=sum(older))
