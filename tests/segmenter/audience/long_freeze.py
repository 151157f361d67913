"""A freeze that takes long."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from chassis.db.database import Database
from segmenter.models import audience
from sqlalchemy import insert, text

_WAITING = text("""
SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE datname = current_database() AND locktype = 'transactionid' AND NOT granted AND query LIKE 'INSERT INTO audience%'
""")


@asynccontextmanager
async def freeze_held_open(database: Database, campaign_id: str) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
    """The statement that writes the campaign's audience has read the members and waits for the first one's place; gives
    whether it does."""
    row = {"campaign_id": UUID(campaign_id), "ordinal": 1, "member_id": uuid4(), "member_version": 1, "language": ""}
    row |= {"channels": [], "merge": {}, "consents": [], "matched": []}

    async def waits() -> bool:
        async with database.transaction() as session:
            return bool(await session.scalar(_WAITING))

    async with database.engine.connect() as connection:
        await connection.execute(insert(audience).values(row))
        yield waits
        await connection.rollback()
