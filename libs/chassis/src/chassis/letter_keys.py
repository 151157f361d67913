"""Keys that seal dead letters about members. Dropping a key is how a letter is erased: Kafka cannot take it out."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from chassis.db.tables import dead_letter_keys
from cryptography.fernet import Fernet
from sqlalchemy import delete, insert, select
from sqlmodel.ext.asyncio.session import AsyncSession

_keys = dead_letter_keys.c


async def make(session: AsyncSession, wanted: Sequence[tuple[Collection[str], datetime]]) -> list[tuple[str, bytes]]:
    """A key's id and the key for each (subjects, expiry)."""
    made = [(str(uuid4()), Fernet.generate_key()) for _ in wanted]
    rows = [
        {"key_id": key_id, "key": key, "subjects": sorted(subjects), "expires_at": expires_at}
        for (key_id, key), (subjects, expires_at) in zip(made, wanted, strict=True)
    ]
    if rows:
        await session.execute(insert(dead_letter_keys), rows)
    return made


async def find(session: AsyncSession, key_ids: Collection[str], now: datetime) -> dict[str, bytes]:
    """Those that are still there and have not expired, by id."""
    query = select(_keys.key_id, _keys.key).where(_keys.key_id.in_(key_ids), _keys.expires_at > now)
    return {row.key_id: row.key for row in await session.execute(query)}


async def forget(session: AsyncSession, subjects: Collection[UUID | str]) -> None:
    """Drop every key of a letter about one of these."""
    if subjects:
        about = _keys.subjects.overlap([str(subject) for subject in subjects])
        await session.execute(delete(dead_letter_keys).where(about))


async def drop_expired(session: AsyncSession, now: datetime) -> None:
    """Drop what has been kept long enough."""
    await session.execute(delete(dead_letter_keys).where(_keys.expires_at <= now))
