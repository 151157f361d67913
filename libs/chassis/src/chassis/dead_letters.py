"""What nobody can use: its bytes, why, and where it came from.

Bytes of personal topics are encrypted under a key of the hour; keys are dropped after 72 hours, and with them what they
cover.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from chassis.clock import Clock
from chassis.consuming import Poison
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.kafka import Kafka, Record
from chassis.logs import get
from chassis.tables import dead_letter_keys
from contracts.topics import ALL, dead_letters
from cryptography.fernet import Fernet
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

log = get(__name__)
KEY_LIFETIME = timedelta(hours=72)
_PERSONAL = {topic.name for topic in ALL if topic.personal}


class DeadLetters:
    """Writes one service's dead letters; as a task it drops old keys."""

    name = "dead-letter-keys"

    def __init__(self, service: str, database: Database | None, kafka: Kafka, clock: Clock) -> None:
        self._topic = dead_letters(service)
        self._database, self._kafka, self._clock = database, kafka, clock

    async def write(self, poison: Sequence[Poison], *, attempts: int) -> None:
        """Return after the broker's acknowledgement."""
        if poison:
            await self._kafka.publish_many([await self._record(item, attempts) for item in poison])
            log.error("dead letters written", count=len(poison), first=poison[0].error)

    async def _record(self, item: Poison, attempts: int) -> Record:
        record = item.record
        origin = record.topic.removeprefix(self._kafka.settings.topic_prefix)
        headers = [
            ("error", item.error.encode()),
            ("attempts", str(attempts).encode()),
            ("origin", f"{origin}/{record.partition}/{record.offset}".encode()),
        ]
        value: bytes = record.value or b""
        if origin in _PERSONAL and self._database is not None:
            key_id, key = await self._key()
            value = Fernet(key).encrypt(value)
            headers.append(("key-id", key_id.encode()))
        return Record(self._topic, (record.key or b"").decode(errors="replace"), value, headers)

    async def _key(self) -> tuple[str, bytes]:
        assert self._database is not None
        hour = self._clock.now().replace(minute=0, second=0, microsecond=0)
        key_id = hour.strftime("%Y%m%d%H")
        made = insert(dead_letter_keys).values(key_id=key_id, key=Fernet.generate_key(), created_at=hour)
        async with self._database.transaction() as session:
            await session.execute(made.on_conflict_do_nothing())
            query = select(dead_letter_keys.c.key).where(dead_letter_keys.c.key_id == key_id)
            return key_id, (await session.execute(query)).scalar_one()

    async def run(self) -> None:
        """Every hour, drop the keys that are over age; a database that is away for now does not stop the service."""
        while self._database is not None:
            try:
                async with self._database.transaction() as session:
                    over = dead_letter_keys.c.created_at < self._clock.now() - KEY_LIFETIME
                    await session.execute(delete(dead_letter_keys).where(over))
            except Unavailable as error:
                log.warning("cannot drop old keys now", error=str(error))
                await asyncio.sleep(10)
            else:
                await asyncio.sleep(3600)
