"""A ledger restored from a backup notices by itself: its stored offsets lie behind those that its groups committed.

Both are compared before anything is admitted, for all topics that the dispatcher reads: requests, projections, and its
own deliveries, so that every acceptance since the backup shows. What was sent in the last seconds before the restore
shows in no offset if no group had read and committed it; so our own events after the stored offsets are read, and the
marks of processes that lived through the restore (`chassis.db.restore_guard`).

If the database is behind, every row that waits in it, and every request that the topics will give again, may have been
sent already: such a suspect is claimed without a call and becomes in doubt, so that the reconciler looks at the
provider's list before it is sent. STOPs that the backup does not have are read again from `replies`, as all projections
are: nothing is claimed before the topics have been read as far as they stood at the start, by any replica.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from chassis.db.database import Database
from chassis.errors import Unavailable
from chassis.kafka.batch import Batch, ReceivedEvent
from chassis.kafka.catch_up import CatchUp
from chassis.kafka.producer import Kafka
from chassis.observability.logs import get
from contracts import topics
from contracts.topics import Topic
from dispatch.restore import sql
from dispatch.restore.lost_events import first_lost
from dispatch.restore.sql import Place, Recovery
from dispatch.settings import DispatchSettings

log = get(__name__)
_MARGIN = timedelta(minutes=5)
_UNCOMMITTED = 1000
"""Requests of a partition that may have been taken and not committed yet: a batch has 500, and one is at work."""


class RestoreRecovery:
    """A task that is done in an instant, unless the database was restored."""

    name = "recovery"

    def __init__(
        self,
        settings: DispatchSettings,
        database: Database,
        kafka: Kafka,
        groups: Sequence[tuple[str, Topic]],
        projections: Sequence[tuple[str, Topic]],
    ) -> None:
        """`groups` are compared, `projections` are waited for: consumer groups, each with its topic."""
        self._settings, self._database, self._kafka, self._groups = settings, database, kafka, groups
        self._projections, self._reading = projections, CatchUp(kafka, database)
        self.known = asyncio.Event()
        """Set once it is certain whether the database was restored; nothing is admitted before."""
        self.read = asyncio.Event()
        """Set once that is known and the projections have been read; nothing is claimed before."""
        self._recovery: Recovery | None = None

    @property
    def since(self) -> datetime | None:
        """From when on messages may have been sent that the ledger does not know of."""
        return self._recovery.since - _MARGIN if self._recovery else None

    def suspects(self, request: ReceivedEvent) -> bool:
        """Whether this request was taken before, by the database that was lost."""
        targets = self._recovery.targets if self._recovery else {}
        return request.offset < targets.get((request.topic, request.partition), 0)

    async def own_events(self, batch: Batch) -> None:
        """What was published, by us or by another channel: only the positions are kept, to be compared."""
        await self.known.wait()
        async with self._database.transaction() as session:
            await batch.store(session)

    async def run(self) -> None:
        """Find out, and wait for the projections."""
        while not self.read.is_set():
            try:
                if not self.known.is_set():
                    await self.find_out()
                await self._reading.until_read(self._projections)
                self.read.set()
            except (Unavailable, KafkaError, OSError) as error:
                log.warning("cannot tell yet whether the database was restored", error=type(error).__name__)
                await asyncio.sleep(1.0)
        await asyncio.Event().wait()

    async def find_out(self) -> None:
        """Compare, and begin the recovery if there is one."""
        committed = await self._committed()
        async with self._database.transaction() as session:
            names = [topic.name for _, topic in self._groups]
            stored = await sql.stored(session, [group for group, _ in self._groups], names)
            self._recovery = await sql.latest(session)
            missed = await sql.missed(session)
        behind = {place for place, offset in committed.items() if place not in stored or offset > stored[place][0]}
        ends = {part: offset for (topic, part), (offset, _) in stored.items() if topic == topics.DELIVERIES.name}
        lost = await first_lost(self._kafka, self._database, self._settings.channel, ends)
        behind |= {(topics.DELIVERIES.name, lost)} if lost is not None else set()
        if behind or missed:
            times = (missed, *(stored[place][1] for place in behind if place in stored))
            await self._begin(min((time for time in times if time), default=None), await self._asked(committed))
        self.known.set()

    async def _asked(self, committed: dict[Place, int]) -> dict[Place, int]:
        """How far requests may have been taken. Not up to their ends: e-mail that waits unread would all be held."""
        found: dict[Place, int] = {}
        for urgent in (True, False):
            topic = topics.requests_for(self._settings.channel, urgent=urgent)
            for part, end in (await self._reading.ends(topic)).items():
                place = (topic.name, part)
                found[place] = min(end, committed.get(place, 0) + _UNCOMMITTED)
        return found

    async def _begin(self, since: datetime | None, asked: dict[Place, int]) -> None:
        before = self._recovery.targets if self._recovery else {}
        targets = {place: max(before.get(place, 0), asked.get(place, 0)) for place in before | asked}
        async with self._database.transaction() as session:
            self._recovery = await sql.begin(session, since, topics.REQUESTS_KEPT, targets)
        log.error("the database was restored: recovering", since=self._recovery.since.isoformat())

    async def _committed(self) -> dict[Place, int]:
        found: dict[Place, int] = {}
        admin = AIOKafkaAdminClient(**self._kafka.connection())
        try:
            await admin.start()
            for group, topic in self._groups:
                name = self._kafka.name(topic)
                offsets = await admin.list_consumer_group_offsets(
                    f"{self._settings.topic_prefix}{self._settings.service}.{group}"
                )
                found |= {
                    (topic.name, part.partition): at.offset
                    for part, at in offsets.items()
                    if part.topic == name and at.offset > 0
                }
        finally:
            await admin.close()
        return found
