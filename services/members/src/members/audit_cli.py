"""The commands `muster topics audit members` and `accept-rebuilt members`, in the service's own environment."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import command_database
from chassis.kafka.producer import connection
from chassis.kafka.republication import Republished
from chassis.kafka.scan import scan
from contracts.event import Undecodable, decode
from contracts.topics import MEMBERS
from members.domain.restore import Difference, TopicState, latest_states
from members.service.change_writer import ChangeWriter
from members.service.restore import TopicAudit
from members.settings import Settings


@asynccontextmanager
async def _auditor() -> AsyncIterator[TopicAudit]:
    settings = Settings()
    async with command_database(settings.database_url) as database:
        yield TopicAudit(database, ChangeWriter(settings, Clock(settings.clock_start, settings.time_zone)))


async def republish() -> Sequence[Republished]:
    """Members whom a rebuilt topic lacks, with their sensitive interests, and erasures that were published lately."""
    async with _auditor() as auditor:
        published = await auditor.published_versions()
        states = await _read_topic(Settings())
        found = await auditor.compare(states, published)
        repaired = await auditor.repair(states, found, erase_unknown=False)
        erased = await auditor.publish_erasures_again()
    return [Republished(MEMBERS.name, repaired[Difference.UNTOLD] + erased)]


async def audit(*, mend: bool, withdraw_unknown: bool) -> list[dict[str, object]]:
    """A line for each kind of difference: `standing`, `members` (ids) and how many were `mended`; none without one."""
    async with _auditor() as auditor:
        published = await auditor.published_versions()
        states = await _read_topic(Settings())
        found = await auditor.compare(states, published)
        repaired = await auditor.repair(states, found, erase_unknown=withdraw_unknown) if mend else {}
    return [
        {
            "topic": MEMBERS.name,
            "standing": kind.value,
            "members": [str(member_id) for member_id in ids],
            "mended": 0 if kind is Difference.UNKNOWN and not withdraw_unknown else repaired.get(kind, 0),
        }
        for kind, ids in sorted(found.items())
    ]


async def _read_topic(settings: Settings) -> dict[UUID, TopicState]:
    """The latest event on every member, without tombstones."""
    events = []
    async for record in scan(connection(settings), settings.topic_prefix + MEMBERS.name):
        try:
            events.append(decode(record.value).event if record.value else None)
        except Undecodable:
            continue
    return latest_states(event for event in events if event is not None)
