"""Runs one SQL statement with named values; lists become PostgreSQL arrays where the statement casts them."""

from functools import lru_cache
from typing import Any

from sqlalchemy import CursorResult, TextClause, text
from sqlmodel.ext.asyncio.session import AsyncSession


@lru_cache(maxsize=256)
def _prepared(statement: str) -> TextClause:
    return text(statement)


async def run(session: AsyncSession, statement: str, **values: Any) -> CursorResult[*tuple[Any, ...]]:
    """The cursor's result; `rowcount` tells how many rows an update met."""
    result = await session.execute(_prepared(statement), values)
    assert isinstance(result, CursorResult)
    return result
