"""Advisory locks, and the isolation of a transaction."""

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

UNIT_TREE, MEMBER_SET = 7_301, 7_302
"""They are taken in this order. UNIT_TREE: shared while members are written, exclusive while a body is moved,
so that no snapshot is made from a tree that is being changed. MEMBER_SET: exclusive while members are added or erased,
so that no import brings back a member who is being erased; shared while people of a roll are staged."""


async def lock(session: AsyncSession, number: int, *, shared: bool = False) -> None:
    """Held until the transaction ends."""
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    await session.execute(text(f"SELECT {function}(:number)"), {"number": number})


async def lock_name(session: AsyncSession, name: str) -> None:
    """Held until the transaction ends."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


async def lock_members(session: AsyncSession, *, member_set: bool = False) -> None:
    """The locks for writing members; `member_set` for adding or erasing."""
    await lock(session, UNIT_TREE, shared=True)
    if member_set:
        await lock(session, MEMBER_SET)


async def read_one_snapshot(session: AsyncSession) -> None:
    """Let every statement of a read-only transaction see the same moment. To be called before any statement."""
    await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
