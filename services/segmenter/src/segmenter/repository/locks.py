"""Advisory locks; each ends with its transaction.

One keeps erasures and copies of a member's data out of each other's way.
A copy that was read before an erasure's commit and is written after it would stay for good: the erasure cannot see it.
So an erasure waits for the copies under way, and a copy that takes the lock later reads the erased marker after that:
each statement has a snapshot of its own. A long copy (a freeze) takes the lock for its last statements only.
"""

from sqlalchemy import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

_LOCK = func.hashtextextended("erasure", 0)
_WAIT = "500ms"


async def lock_for_erasure(session: AsyncSession) -> None:
    """Wait for copies under way; later ones wait for this erasure.

    Raises Unavailable where a copy takes long, so that others do not wait behind this one; it is tried again.
    """
    await session.execute(select(func.set_config("lock_timeout", _WAIT, True)))
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    await session.execute(select(func.set_config("lock_timeout", "0", True)))


async def lock_for_copy(session: AsyncSession) -> None:
    """Copy beside other copies, but never across an erasure."""
    await session.execute(select(func.pg_advisory_xact_lock_shared(_LOCK)))


async def lock_places(session: AsyncSession) -> None:
    """The only one that counts what is reserved under the fatigue cap, until its own is committed."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("fatigue", 0))))


async def try_lock(session: AsyncSession, name: str) -> bool:
    """Whether this transaction is the only one at something."""
    return bool(await session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0)))))
