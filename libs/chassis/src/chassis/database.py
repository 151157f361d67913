"""One database a service, one transaction a verb."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from chassis.errors import Unavailable
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.ext.asyncio import AsyncSession as PlainSession
from sqlmodel.ext.asyncio.session import AsyncSession

_PASSING = ("08", "53", "57", "40")
"""SQLSTATE classes that pass: connection, resources, operator intervention, serialization and deadlock."""

_SERVER_SETTINGS = {"plan_cache_mode": "force_custom_plan", "idle_in_transaction_session_timeout": "60s"}
"""A plan kept from when a table was empty made a batch of 500 take 30 s once it held thousands of rows (measured).
A process that is stopped in mid-transaction, not dead, would keep its row locks for ever."""


class Session(AsyncSession):
    """SQLModel's session, with plain `execute` for statements on many rows: SQLModel itself warns at each."""

    async def execute(self, *arguments: Any, **options: Any) -> Any:
        """SQLAlchemy's own `execute`."""
        return await PlainSession.execute(self, *arguments, **options)


class Database:
    """Connections to this service's own database. `url` reads postgresql+asyncpg://…"""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            pool_timeout=10,
            hide_parameters=True,  # an error's text goes to the log, and parameters are names and numbers
            connect_args={"server_settings": _SERVER_SETTINGS},
            json_deserializer=orjson.loads,  # rows with JSON columns come in thousands
        )
        self._session = async_sessionmaker(self.engine, class_=Session, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Commit at the end, roll back on any error. Raises Unavailable when the database is not there."""
        try:
            async with self._session() as session, session.begin():
                yield session
        except (OSError, PoolTimeout) as error:
            raise Unavailable("the database does not answer") from error
        except DBAPIError as error:
            if passes(error):
                raise Unavailable("the database does not answer") from error
            raise

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()


def passes(error: DBAPIError) -> bool:
    """Whether a later try may work."""
    if error.connection_invalidated or isinstance(error, InterfaceError):
        return True
    state = getattr(error.orig, "sqlstate", None) or ""
    return state.startswith(_PASSING) or (isinstance(error, OperationalError) and not state)
