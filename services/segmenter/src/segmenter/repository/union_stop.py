"""The union-wide stop as one row."""

from contracts.campaigns import SendingStopped
from segmenter.domain.union_stop import UnionStop
from segmenter.models import union_stop
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

_FROM_TOPIC = "read back after a restore"
_COLUMNS = tuple(each for each in union_stop.c if each is not union_stop.c.only)


async def present(session: AsyncSession) -> UnionStop | None:
    """The present stop or lift; None while there was none."""
    row = (await session.execute(select(*_COLUMNS))).mappings().one_or_none()
    return None if row is None else UnionStop(**row)


async def replace(session: AsyncSession, stop: UnionStop) -> UnionStop:
    """A new stop or lift, numbered above the one before."""
    values = {"stopped": stop.stopped, "reason": stop.reason, "by": stop.by, "at": stop.at}
    statement = insert(union_stop).values(only=True, version=1, **values)
    statement = statement.on_conflict_do_update(
        index_elements=[union_stop.c.only], set_={"version": union_stop.c.version + 1, **values}
    )
    return UnionStop(**(await session.execute(statement.returning(*_COLUMNS))).mappings().one())


async def adopt_newer(session: AsyncSession, event: SendingStopped) -> bool:
    """Take over a published stop or lift that is newer than the stored one; False: it is not."""
    values = {**event.model_dump(), "by": _FROM_TOPIC}
    statement = insert(union_stop).values(only=True, **values)
    statement = statement.on_conflict_do_update(
        index_elements=[union_stop.c.only], set_=values, where=union_stop.c.version < event.version
    )
    return (await session.execute(statement.returning(union_stop.c.version))).first() is not None
