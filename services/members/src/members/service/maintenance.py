"""Periodic tasks: heartbeats, tombstones, and publishing the members beneath a changed body again.

An erasure stays its key's last record for `tombstone_after` (8 days), so that its reason is consumed too. Then the
tombstone removes it and stands for it: consumers read an erasure from a tombstone (`chassis.kafka.batch`) as long as
`delete.retention.ms` keeps it (14 days). A consumer that comes from an older backup needs the erasure published again:
see docs/erasure.md.
"""

from uuid import uuid4

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka import outbox
from chassis.kafka.producer import Kafka, Record, key_of_each_partition
from chassis.periodic import Periodic
from chassis.retention.retention import Retention
from contracts.event import encode
from contracts.events.members import HeartbeatTicked
from members.repository import erasures, locks, units
from members.repository import members as members_repository
from members.repository.imports import uploads
from members.service import outgoing
from members.service.change_writer import CHUNK, Change, ChangeWriter
from members.settings import Settings


class Maintenance:
    """The actions of the periodic tasks."""

    def __init__(
        self, database: Database, kafka: Kafka, writer: ChangeWriter, settings: Settings, clock: Clock
    ) -> None:
        self._database, self._kafka, self._writer = database, kafka, writer
        self._settings, self._clock = settings, clock

    def tasks(self) -> tuple[Periodic, ...]:
        return (
            Periodic("heartbeats", self.publish_heartbeats, every=3600.0, leader=self._database),
            Periodic("tombstones", self.publish_tombstones, every=3600.0, leader=self._database),
            Periodic("body-changes", self.publish_unit_change, every=1.0, leader=self._database),
        )

    async def publish_heartbeats(self) -> None:
        """One record a partition of the compacted personal topics: without a later record nothing is compacted."""
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
                for topic in outgoing.TOPICS
                for key in key_of_each_partition(await self._kafka.partitions(topic), "heartbeat")
            ]
        )

    async def publish_tombstones(self) -> bool:
        """For members who were erased long enough ago; whether there may be more."""
        now, ids = self._clock.now(), self._settings.ids
        async with self._database.transaction() as session:
            markers = await erasures.without_tombstone(session, now - self._settings.tombstone_after, CHUNK)
            tombstones = [each for marker in markers for each in outgoing.removal(marker.member_id, None, ids, now)]
            await outbox.put(session, self._settings.service, tombstones)
            for marker in markers:
                marker.tombstoned_at = now
        return len(markers) == CHUNK

    async def discard_broken_rolls(self, _: Retention) -> None:
        """A step of the retention: files that did not come to their end."""
        async with self._database.transaction() as session:
            await uploads.prune(session, self._clock.now())

    async def publish_unit_change(self) -> bool:
        """Publish the next members beneath a body that moved or was renamed; whether there was one."""
        async with self._database.transaction() as session:
            await locks.lock_members(session)
            change = await units.next_change(session)
            if change is None:
                return False
            ids = await units.members_below(session, change.body, change.cursor, CHUNK)
            known = await members_repository.load(session, ids)
            tree = await units.tree_of(session, {body for member in known.values() for body in member.bodies})
            changes = [Change(member, member, [("body changed", {"body": change.body})]) for member in known.values()]
            await self._writer.write(session, tree, changes)
            await units.advance_change(session, change, ids[-1] if len(ids) == CHUNK else None)
            return True
