"""What people ask: every transaction reads only, sees one moment, and ends a statement that takes too long."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

_limit: ContextVar[float | None] = ContextVar("read_limit", default=None)


@contextmanager
def reading(seconds: float) -> Iterator[None]:
    """Every transaction begun in this context is such a one."""
    token = _limit.set(seconds)
    try:
        yield
    finally:
        _limit.reset(token)


def read_limit() -> float | None:
    """Seconds for each statement; None: the transaction may write and take its time."""
    return _limit.get()


async def only_read(session: AsyncSession, seconds: float) -> None:
    """One snapshot for all statements of the transaction that begins: an answer made of several never mixes moments."""
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    connection = await session.connection(execution_options=options)
    await connection.execute(text(f"SET LOCAL statement_timeout = {round(seconds * 1000)}"))
