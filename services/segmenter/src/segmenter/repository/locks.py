"""Advisory locks; each ends with its transaction.

One keeps erasures and copies of a member's data out of each other's way.
A copy that was read before an erasure's commit and is written after it would stay for good: the erasure cannot see it.
So an erasure waits for the copies under way, and a copy that starts later reads the erased marker. The lock is taken
before the rows are read: each statement has a snapshot of its own.
"""

from sqlalchemy import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

_LOCK = func.hashtextextended("erasure", 0)


async def lock_for_erasure(session: AsyncSession) -> None:
    """Wait for copies under way; later ones wait for this erasure."""
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


async def lock_for_copy(session: AsyncSession) -> None:
    """Copy beside other copies, but never across an erasure."""
    await session.execute(select(func.pg_advisory_xact_lock_shared(_LOCK)))


async def try_lock(session: AsyncSession, name: str) -> bool:
    """Whether this transaction is the only one at something."""
    return bool(await session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0)))))
