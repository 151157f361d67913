"""Notes how far `campaigns` is applied: where nobody knows, nothing may be claimed, since a stop might be in it."""

from chassis.db.database import Database
from chassis.db.statements import run
from chassis.kafka.catch_up import CatchUp
from chassis.kafka.producer import Kafka
from chassis.periodic import Periodic
from contracts import topics
from dispatch.brake import sql

_EVERY = 5.0
GROUP = "campaigns"


class CampaignsApplied:
    """One replica does it for all: what counts is what they have stored together."""

    def __init__(self, database: Database, kafka: Kafka) -> None:
        self._database, self._catch_up = database, CatchUp(kafka, database)

    @property
    def task(self) -> Periodic:
        """Every few seconds."""
        return Periodic("campaigns-applied", self.step, every=_EVERY, leader=self._database)

    async def step(self) -> None:
        """Raises Unavailable while broker or database is away."""
        async with self._database.transaction() as session:
            now = (await run(session, "SELECT clock_timestamp()")).scalar_one()
        passed = await self._catch_up.passed(GROUP, topics.CAMPAIGNS)
        async with self._database.transaction() as session:
            await sql.note_applied(session, passed, now)
