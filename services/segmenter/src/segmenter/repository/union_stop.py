"""The union-wide stop as one row."""

from datetime import datetime

from contracts.events.campaigns import SendingStopped
from segmenter.domain.union_stop import NEVER_STOPPED, UnionStop
from segmenter.models import union_stop
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

_FROM_TOPIC = "read back after a restore"


async def present(session: AsyncSession, *, lock: bool = False) -> UnionStop:
    """The present stop or lift; with `lock` it is not replaced before the commit."""
    query = select(union_stop)
    row = (await session.execute(query.with_for_update(read=True) if lock else query)).one_or_none()
    return NEVER_STOPPED if row is None else UnionStop.model_validate(row)


async def replace(session: AsyncSession, *, stopped: bool, reason: str, by: str, at: datetime) -> UnionStop:
    """A new stop or lift, numbered above the one before."""
    values = {"stopped": stopped, "reason": reason, "by": by, "at": at}
    statement = insert(union_stop).values(only=True, version=1, **values)
    statement = statement.on_conflict_do_update(
        index_elements=[union_stop.c.only], set_={"version": union_stop.c.version + 1, **values}
    )
    return UnionStop.model_validate((await session.execute(statement.returning(union_stop))).one())


async def adopt_newer(session: AsyncSession, event: SendingStopped) -> bool:
    """Take over a published stop or lift that is newer than the stored one; False: it is not."""
    values = {**event.model_dump(), "by": _FROM_TOPIC}
    statement = insert(union_stop).values(only=True, **values)
    statement = statement.on_conflict_do_update(
        index_elements=[union_stop.c.only], set_=values, where=union_stop.c.version < event.version
    )
    return (await session.execute(statement.returning(union_stop.c.version))).first() is not None
