"""Where a service puts what it cannot use: the record's bytes, why, and where it came from.

What is about a member is sealed under a key of its own. Keys of personal topics are dropped after 72 hours, the others
when the letters themselves expire, and all of them when the member is erased; with a key goes what it covers.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from chassis import letter_keys, replays
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Unavailable
from chassis.kafka.batch import Poison
from chassis.kafka.producer import Kafka
from chassis.letters import BY_NAME, is_about_members, pack
from chassis.observability.logs import get
from contracts.replies import ReplyReceived
from contracts.topics import dead_letters

log = get(__name__)
PERSONAL_KEPT, KEPT = timedelta(hours=72), timedelta(days=14)
_MARKS_KEPT = timedelta(days=30)
"""Longer than the letters themselves, so that none is replayed twice."""


class DeadLetters:
    """Writes one service's dead letters; as a task it drops old keys."""

    name = "dead-letter-keys"

    def __init__(self, service: str, database: Database, kafka: Kafka, clock: Clock) -> None:
        self._topic = dead_letters(service)
        self._database, self._kafka, self._clock = database, kafka, clock

    async def write(self, poison: Sequence[Poison], *, subscription: str) -> None:
        """Return after the broker's acknowledgement. Raises Unavailable."""
        if not poison:
            return
        names = [item.record.topic.removeprefix(self._kafka.settings.topic_prefix) for item in poison]
        keys = await self._keys(poison, names)
        await self._kafka.publish_many(
            [
                pack(self._topic, item, name, subscription, keys.get(place))
                for place, (item, name) in enumerate(zip(poison, names, strict=True))
            ]
        )
        log.error("dead letters written", count=len(poison), first=poison[0].error)

    async def _keys(self, poison: Sequence[Poison], names: Sequence[str]) -> dict[int, tuple[str, bytes]]:
        """A key for each that is about a member, by its place."""
        sealed = [place for place, name in enumerate(names) if is_about_members(name)]
        if not sealed:
            return {}
        now = self._clock.now()
        wanted = [(_subjects(poison[place]), now + _kept(names[place])) for place in sealed]
        async with self._database.transaction() as session:
            return dict(zip(sealed, await letter_keys.make(session, wanted), strict=True))

    async def run(self) -> None:
        """Every hour, drop what is over age; a database that is away for now does not stop the service."""
        while True:
            try:
                await self.drop_old()
            except Unavailable as error:
                log.warning("cannot drop old keys now", error=str(error))
                await asyncio.sleep(10)
            else:
                await asyncio.sleep(3600)

    async def drop_old(self) -> None:
        """Keys that have expired, and marks of letters that are long gone."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            await letter_keys.drop_expired(session, now)
            await replays.prune(session, now - _MARKS_KEPT)


def _kept(topic: str) -> timedelta:
    found = BY_NAME.get(topic)
    return PERSONAL_KEPT if found is None or found.personal else KEPT


def _subjects(item: Poison) -> set[str]:
    """Whom it is about: by its key, and a reply by everybody known at the address."""
    about = set((item.record.key or b"").decode(errors="replace").split(":"))
    if isinstance(item.event, ReplyReceived):
        about |= {str(member) for member in (item.event.member_id, *item.event.members_at_address) if member}
    return about
