"""Statutory ballots whose totals another system declares."""

from collections.abc import Sequence
from datetime import datetime

from ballot.models import DeclaredBallot
from ballot.repository import declared_ballots
from chassis.db.database import Database
from chassis.kafka.batch import Batch
from contracts.events.union_events import BallotDeclared


class DeclaredBallots:
    """Consumes `ballot.declared` events of `union-events`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def apply(self, batch: Batch, events: Sequence[BallotDeclared]) -> None:
        """Store declared totals; the latest declaration of a ballot replaces earlier ones."""
        latest = {event.ballot_id: event for event in sorted(events, key=lambda event: event.declared_at)}
        async with self._database.transaction() as session:
            if latest:
                await declared_ballots.save(session, list(latest.values()))
            await batch.store(session)

    async def newest(self, before: datetime | None, limit: int) -> Sequence[DeclaredBallot]:
        """A page of them, the latest first."""
        async with self._database.transaction() as session:
            return await declared_ballots.newest(session, before, limit)
