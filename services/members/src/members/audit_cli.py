"""What `muster topics audit members` does, in the service's own environment."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.producer import connection
from chassis.kafka.scan import scan
from contracts.event import Undecodable, decode
from contracts.topics import MEMBERS
from members.domain.restoring import Standing, Told, last_words
from members.service.audit import Audit
from members.service.recording import Recorder
from members.settings import Settings


async def audit(*, mend: bool, withdraw_unknown: bool) -> list[dict[str, Any]]:
    """One line a kind of difference: `standing`, `members` (ids) and how many were `mended`. None: all is well."""
    settings = Settings()
    async with _auditing(settings) as auditor:
        said = await auditor.said()
        words = await _told(settings)
        found = await auditor.compare(words, said)
        mended = await auditor.mend(words, found, withdraw=withdraw_unknown) if mend else {}
    return [
        {
            "topic": MEMBERS.name,
            "standing": kind.value,
            "members": [str(member_id) for member_id in ids],
            "mended": 0 if kind is Standing.UNKNOWN and not withdraw_unknown else mended.get(kind, 0),
        }
        for kind, ids in sorted(found.items())
    ]


@asynccontextmanager
async def _auditing(settings: Settings) -> AsyncIterator[Audit]:
    database = Database(settings.database_url, pool_size=1)
    try:
        yield Audit(database, Recorder(settings, Clock(settings.clock_start)))
    finally:
        await database.close()


async def _told(settings: Settings) -> dict[UUID, Told]:
    """The topic's last word on everybody, tombstones passed over."""
    events = []
    async for record in scan(connection(settings), settings.topic_prefix + MEMBERS.name):
        try:
            events.append(decode(record.value).event if record.value else None)
        except Undecodable:
            continue
    return last_words(event for event in events if event is not None)
