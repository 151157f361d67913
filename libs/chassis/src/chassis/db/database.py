"""One database a service, one transaction a verb."""

import math
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg.exceptions
import orjson
from chassis.db.reads import only_read, read_limit
from chassis.errors import TooSlow, Unavailable
from chassis.settings import POOL
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.ext.asyncio import AsyncSession as PlainSession
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel.ext.asyncio.session import AsyncSession

_READ_ONLY, _CANCELLED = "25006", "57014"
_PASSING = ("08", "28", "3D", "40", "53", "55", "57", "58", _READ_ONLY, "25P03", "25P04")
"""SQLSTATEs that pass by a person's or the server's doing, most of them classes: connection, a changed password, a
database being restored, serialization and deadlock, resources, an object in use, operator intervention, the server's
own system; a standby or a full disk that only lets read, and transactions that the server ended for their length."""

_BROKEN = (asyncpg.exceptions.InterfaceError, asyncpg.exceptions.InternalClientError)
"""The driver's own words for a connection that broke in the middle of something; nothing wraps them everywhere."""
_RESTED = 1.0
"""Seconds."""
_SERVER_SETTINGS = {"plan_cache_mode": "force_custom_plan", "idle_in_transaction_session_timeout": "60s"}
"""A plan kept from when a table was empty made a batch of 500 take 30 s once it held thousands of rows (measured).
A process that is stopped in mid-transaction, not dead, would keep its row locks for ever."""


_SILENT_SECONDS = 30
"""How long not even the server's kernel may answer: a host that is down sends nothing, and a query to it would wait
without end."""
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 10), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 4))
"""Asked after ten seconds of silence, four times: half a minute in all."""


_ON_TOP = 3
"""Times as many more while they are needed, closed again afterwards."""


class Session(AsyncSession):
    """SQLModel's session, with plain `execute` for statements on many rows: SQLModel itself warns at each."""

    async def execute(self, *arguments: Any, **options: Any) -> Any:
        return await PlainSession.execute(self, *arguments, **options)


class Database:
    """Connections to this service's own database. `url` reads postgresql+asyncpg://… A pool that stays busy for
    `pool_timeout` seconds counts as a database that is away."""

    def __init__(self, url: str, *, pool_size: int = POOL, pool_timeout: float = 10) -> None:
        self.url = url
        self.refusal: Unavailable | None = None
        """Raised in place of every transaction and connection from now on, once it is set."""
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=_ON_TOP * pool_size,
            pool_timeout=pool_timeout,
            hide_parameters=True,  # an error's text goes to the log, and parameters are names and numbers
            connect_args={"server_settings": _SERVER_SETTINGS},
            json_deserializer=orjson.loads,  # rows with JSON columns come in thousands
        )
        event.listen(self.engine.sync_engine, "connect", _ask_whether_it_lives)
        event.listen(self.engine.sync_engine, "handle_error", _leave_what_is_read_only)
        event.listen(self.engine.sync_engine, "checkin", _rests)
        event.listen(self.engine.sync_engine, "checkout", _still_there)
        self._session = async_sessionmaker(self.engine, class_=Session, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Commit at the end, roll back on any error. Raises Unavailable when the database is not there, and in a GET
        TooSlow when a statement takes too long."""
        self._refuse()
        with _translated():
            async with self._session() as session, session.begin():
                if (seconds := read_limit()) is not None:
                    await only_read(session, seconds)
                yield session

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        """A connection that commits each statement, as locks and listening need it. Raises Unavailable as above."""
        self._refuse()
        with _translated():
            async with self.engine.connect() as connection:
                yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    def _refuse(self) -> None:
        if self.refusal is not None:
            raise self.refusal

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()


@asynccontextmanager
async def command_database(url: str) -> AsyncIterator[Database]:
    """By one connection, for a command; closed at the end of the block."""
    database = Database(url, pool_size=1)
    try:
        yield database
    finally:
        await database.close()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OSError, PoolTimeout, *_BROKEN) as error:
        raise Unavailable("the database does not answer") from error
    except asyncpg.exceptions.PostgresError as error:  # the driver's own, from a connection being made ready
        if sqlstate(error).startswith(_PASSING):
            raise Unavailable("the database does not answer") from error
        raise
    except DBAPIError as error:
        if sqlstate(error.orig) == _CANCELLED and (seconds := read_limit()) is not None:
            raise TooSlow(f"the database took longer than the {seconds:g} s that a read may take") from error
        if passes(error):
            raise Unavailable("the database does not answer") from error
        raise


def _ask_whether_it_lives(connection: Any, _: object) -> None:
    """Have the kernel do so; asyncpg has no setting for it."""
    line = connection.driver_connection._transport.get_extra_info("socket")
    if line is None or line.family not in (socket.AF_INET, socket.AF_INET6):
        return
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE:
        line.setsockopt(socket.IPPROTO_TCP, option, value)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_SECONDS * 1000)


def _leave_what_is_read_only(context: ExceptionContext) -> None:
    """A session keeps for its lifetime what it was at its start: what only reads now may be another server's by then,
    or the same one's with room on its disk. All connections are replaced."""
    if sqlstate(context.original_exception) == _READ_ONLY:
        context.is_disconnect = True


def _rests(_: Any, record: ConnectionPoolEntry) -> None:
    record.info["resting_since"] = time.monotonic()


def _still_there(connection: Any, record: ConnectionPoolEntry, _: object) -> None:
    """Ask a connection that has rested for a while whether it still works, and replace all if it does not. To ask
    each time, as SQLAlchemy's own check does, is three round trips to the server before every transaction."""
    if time.monotonic() - record.info.get("resting_since", math.inf) < _RESTED:
        return
    try:
        connection.ping()
    except Exception as error:
        raise InvalidatePoolError from error


def sqlstate(error: BaseException | None) -> str:
    """PostgreSQL's code of the driver's own error (`DBAPIError.orig`); empty where there is none."""
    return getattr(error, "sqlstate", None) or ""


def passes(error: DBAPIError) -> bool:
    """Whether a later try may work."""
    if error.connection_invalidated or isinstance(error, InterfaceError):
        return True
    state = sqlstate(error.orig)
    return state.startswith(_PASSING) or (isinstance(error, OperationalError) and not state)


@contextmanager
def any_error_unavailable() -> Iterator[None]:
    """For a background step: what the database refuses now is tried again, as when a table is missing for a while."""
    try:
        yield
    except DBAPIError as error:
        raise Unavailable(f"the database refuses, SQLSTATE {sqlstate(error.orig) or 'unknown'}") from error


def is_about_values(error: DBAPIError) -> bool:
    """Whether the values given are at fault, and would be at every try: SQLSTATE classes 22 (data exception) and 23
    (integrity constraint violation)."""
    return sqlstate(error.orig).startswith(("22", "23"))
