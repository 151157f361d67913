"""Runs one SQL statement with named values; lists become PostgreSQL arrays where the statement casts them."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, TypeVar

from chassis.db.rows import as_json
from sqlalchemy import CursorResult, TextClause, text
from sqlmodel.ext.asyncio.session import AsyncSession

T = TypeVar("T")


@lru_cache(maxsize=256)
def _prepared(statement: str) -> TextClause:
    return text(statement)


async def run(session: AsyncSession, statement: str, **values: Any) -> CursorResult[*tuple[Any, ...]]:
    """The cursor's result; `rowcount` tells how many rows an update met."""
    result = await session.execute(_prepared(statement), values)
    assert isinstance(result, CursorResult)
    return result


async def run_many(
    session: AsyncSession, statement: str, rows: Iterable[object], **values: Any
) -> CursorResult[*tuple[Any, ...]]:
    """The same for many rows (mappings or dataclasses): the statement unfolds `:rows`, one JSON text, by
    `json_populate_recordset` where they are rows of a table, else by `json_to_recordset`."""
    return await run(session, statement, rows=as_json(rows), **values)


async def fetch(session: AsyncSession, kind: type[T], statement: str, **values: Any) -> list[T]:
    """Each row as a `kind`, a dataclass whose fields are named as the columns."""
    return [kind(**row._mapping) for row in await run(session, statement, **values)]
