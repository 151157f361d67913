"""Erasures and what copies a member's data elsewhere keep out of each other's way, by one lock a database.

A copy that was read before an erasure's commit and is written after it would stay for good: the erasure cannot see it.
So an erasure waits for the copies under way, and a copy that starts later reads the erased marker. The lock is taken
before the rows are read (each statement has a snapshot of its own) and goes with the transaction.
"""

from sqlalchemy import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

_LOCK = func.hashtextextended("erasure", 0)


async def begin(session: AsyncSession) -> None:
    """Wait for copies under way; later ones wait for this erasure."""
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


async def hold_off(session: AsyncSession) -> None:
    """Copy beside other copies, but never across an erasure."""
    await session.execute(select(func.pg_advisory_xact_lock_shared(_LOCK)))
