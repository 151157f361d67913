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
    """Any replica does it, where none has just done so: what counts is what they have stored together."""

    def __init__(self, database: Database, kafka: Kafka) -> None:
        self._database, self._catch_up = database, CatchUp(kafka, database)

    @property
    def task(self) -> Periodic:
        """Every few seconds."""
        return Periodic("campaigns-applied", self.step, every=_EVERY / 4)

    async def step(self) -> None:
        """Raises Unavailable while broker or database is away."""
        async with self._database.transaction() as session:
            age = await sql.applied_for(session)
            now = (await run(session, "SELECT clock_timestamp()")).scalar_one()
        if age is not None and age < _EVERY:
            return
        passed = await self._catch_up.passed(GROUP, topics.CAMPAIGNS)
        async with self._database.transaction() as session:
            await sql.note_applied(session, passed, now)
