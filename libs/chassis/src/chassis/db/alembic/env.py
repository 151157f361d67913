"""Alembic's environment, the same for every service; run by chassis.db.migrations only."""

import asyncio
from typing import Any

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

config = context.config
metadata = config.attributes["metadata"]
_LOCK = 5_047_117


def _known(name: str | None, kind: str, _: Any) -> bool:
    """Leave out what no model names, such as a month's partition."""
    return kind != "table" or any(name in part.tables for part in metadata)


def _migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, include_name=_known, compare_type=True)
    with context.begin_transaction():
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        context.run_migrations()


async def _run() -> None:
    engine = create_async_engine(config.attributes["url"], poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_migrate)
    await engine.dispose()


asyncio.run(_run())
