"""The union-wide stop as one row."""

from typing import Any

from segmenter.models import sending_stop
from segmenter.repository.rows import Row
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession


async def present(session: AsyncSession) -> Any | None:
    """The last word, or None while there was none."""
    return (await session.execute(select(sending_stop))).one_or_none()


async def say(session: AsyncSession, values: Row) -> Any:
    """A new last word, numbered above the one before."""
    statement = insert(sending_stop).values(only=True, version=1, **values)
    statement = statement.on_conflict_do_update(
        index_elements=[sending_stop.c.only], set_={"version": sending_stop.c.version + 1, **values}
    )
    return (await session.execute(statement.returning(sending_stop))).one()


async def go_on_above(session: AsyncSession, values: Row) -> bool:
    """Take over a word that is newer than ours, with its version; False: it is not."""
    statement = insert(sending_stop).values(only=True, **values)
    statement = statement.on_conflict_do_update(
        index_elements=[sending_stop.c.only], set_=dict(values), where=sending_stop.c.version < values["version"]
    )
    return (await session.execute(statement.returning(sending_stop.c.version))).first() is not None
