"""Notes how far `campaigns` and `members` are applied.

Where nobody knows it of `campaigns`, nothing may be claimed, since a stop might be in it; where nobody knows it of
either, a member or campaign that is not known yet is waited for.
"""

from chassis.db.database import Database
from chassis.db.statements import run
from chassis.kafka.catch_up import CatchUp
from chassis.kafka.producer import Kafka
from chassis.periodic import Periodic
from contracts import topics
from contracts.topics import Topic
from dispatch.brake import sql

_EVERY = 5.0
_TOPICS = (topics.CAMPAIGNS, topics.MEMBERS)
"""Each has a consumer group of its name."""


class ProjectionsApplied:
    """One replica does it for all: what counts is what they have stored together."""

    def __init__(self, database: Database, kafka: Kafka) -> None:
        self._database, self._catch_up = database, CatchUp(kafka, database)

    @property
    def task(self) -> Periodic:
        """Every few seconds."""
        return Periodic("projections-applied", self.step, every=_EVERY, leader=self._database)

    async def step(self) -> None:
        """Raises Unavailable while broker or database is away."""
        for topic in _TOPICS:
            await self._note(topic)

    async def _note(self, topic: Topic) -> None:
        async with self._database.transaction() as session:
            now = (await run(session, "SELECT clock_timestamp()")).scalar_one()
        passed = await self._catch_up.passed(topic.name, topic)
        async with self._database.transaction() as session:
            await sql.note_applied(session, topic.name, passed, now)
