"""What members does by itself: heartbeats, tombstones, pruning, and publishing again who stands under a moved body.

The erased event stays the key's last record for `tombstone_after` (8 days), so that its reason is heard too. Then the
tombstone takes it away, and stands for it: readers hear an erasure in it (`chassis.kafka.batch`) for as long as
`delete.retention.ms` keeps it (14 days). A reader that comes from an older backup has to be told again: see
docs/erasure.md.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Unavailable
from chassis.kafka import outbox
from chassis.kafka.outbox import Outgoing
from chassis.kafka.producer import Kafka, Record, key_of_each_partition
from chassis.observability.logs import get
from contracts import topics
from contracts.event import encode
from contracts.members import HeartbeatTicked
from members.repository import bodies, bulk, history, imports, intake, tokens
from members.repository import members as repository
from members.service.recording import Change, Recorder
from members.settings import Settings

log = get(__name__)
KEYS_KEPT = timedelta(days=90)


@dataclass(slots=True)
class Every:
    """A task that does something again and again; a part that is down for now is tried again soon."""

    name: str
    period: float
    action: Callable[[], Awaitable[object]]

    async def run(self) -> None:
        """Endless."""
        while True:
            pause = self.period
            try:
                await self.action()
            except Unavailable as error:
                log.warning("upkeep waits", task=self.name, error=str(error))
                pause = min(self.period, 10.0)
            await asyncio.sleep(pause)


class Upkeep:
    """The actions of these tasks."""

    def __init__(self, database: Database, kafka: Kafka, recorder: Recorder, settings: Settings, clock: Clock) -> None:
        self._database, self._kafka, self._recorder = database, kafka, recorder
        self._settings, self._clock = settings, clock

    def tasks(self) -> tuple[Every, ...]:
        """All of them with their periods in seconds."""
        return (
            Every("heartbeats", 3600.0, self.beat),
            Every("tombstones", 3600.0, self.bury),
            Every("prune", 3600.0, self.prune),
            Every("body-changes", 1.0, self.follow_bodies),
        )

    async def beat(self) -> None:
        """One record a partition of the personal compacted topics: without a later write none ever compacts."""
        now = self._clock.now()
        event = HeartbeatTicked(at=now)
        await self._kafka.publish_many(
            [
                Record(
                    topic=topic,
                    key=key,
                    value=encode(event, id=str(uuid4()), source=self._settings.service, subject=key, time=now),
                    headers=(("content-type", b"application/cloudevents+json"),),
                )
                for topic in (topics.MEMBERS, topics.MEMBERS_SENSITIVE)
                for key in key_of_each_partition(topic, "heartbeat")
            ]
        )

    async def bury(self) -> int:
        """Tombstones for those erased long enough ago; how many."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            rows = await history.without_tombstone(session, now - self._settings.tombstone_after, bulk.CHUNK)
            said = [
                Outgoing(
                    topic=topic,
                    key=str(row.member_id),
                    event=None,
                    event_id=self._settings.ids.event("tombstone", topic.name, row.member_id),
                    time=now,
                )
                for row in rows
                for topic in (topics.MEMBERS, topics.MEMBERS_SENSITIVE)
            ]
            await outbox.put(session, self._settings.service, said)
            for row in rows:
                row.tombstoned_at = now
        return len(rows)

    async def prune(self) -> None:
        """Drop what has been kept long enough."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            await intake.prune(session, now - KEYS_KEPT)
            await imports.prune(session, now - imports.ROLLS_KEPT)
            await tokens.prune_rates(session, now - timedelta(days=1))

    async def follow_bodies(self) -> None:
        """Publish again everybody under the bodies that moved or were renamed."""
        while await self._follow_chunk():
            await asyncio.sleep(0)

    async def _follow_chunk(self) -> bool:
        """Whether there was something to do."""
        async with self._database.transaction() as session:
            await bulk.lock(session, bulk.TREE, shared=True)
            change = await bodies.next_change(session)
            if change is None:
                return False
            ids = await bodies.members_below(session, change.body, change.cursor, bulk.CHUNK)
            known = await repository.load(session, ids)
            tree = await bodies.tree_of(session, {body for member in known.values() for body in member.bodies})
            changes = [Change(member, member, "body changed", {"body": change.body}) for member in known.values()]
            await self._recorder.record(session, tree, changes)
            await bodies.move_on(session, change, ids[-1] if len(ids) == bulk.CHUNK else None)
            return True
