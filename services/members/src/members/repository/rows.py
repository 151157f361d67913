"""Many rows in one statement: one JSON parameter that PostgreSQL unfolds into the table's own row type."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, TextClause, any_, literal, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

Row = Mapping[str, object]


def columns(item: object) -> dict[str, object]:
    """The fields of a slotted dataclass, not copied (`asdict` copies deeply: a third of an import's time)."""
    return {name: getattr(item, name) for name in type(item).__slots__}  # type: ignore[attr-defined]


async def insert(session: AsyncSession, table: type[SQLModel], rows: Sequence[Row]) -> None:
    """Add the rows; all have the same keys, which are columns."""
    if rows:
        await session.execute(_statement(table, rows[0], ""), {"rows": _json(rows)})


async def upsert(session: AsyncSession, table: type[SQLModel], key: str, rows: Sequence[Row]) -> None:
    """Add the rows or replace those with the same key."""
    if rows:
        changes = ", ".join(f'"{name}" = excluded."{name}"' for name in rows[0] if name != key)
        statement = _statement(table, rows[0], f' ON CONFLICT ("{key}") DO UPDATE SET {changes}')
        await session.execute(statement, {"rows": _json(rows)})


def _json(rows: Sequence[Row]) -> str:
    return orjson.dumps(rows, default=_plain).decode()


def _plain(value: object) -> str:
    """asyncpg's UUIDs are a subclass that orjson does not know."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"a {type(value).__name__} cannot be stored")


def _statement(table: type[SQLModel], row: Row, tail: str) -> TextClause:
    name = str(table.__tablename__)
    names = ", ".join(f'"{column}"' for column in row)
    return text(
        f"INSERT INTO {name} ({names}) SELECT {names} "  # noqa: S608 - names of our own tables and columns
        f"FROM json_populate_recordset(NULL::{name}, CAST(CAST(:rows AS text) AS json)){tail}"
    )


def among(column: Any, values: Collection[object]) -> ColumnElement[bool]:
    """Whether a column holds one of the values; one parameter, however many they are."""
    return cast("ColumnElement[bool]", column == any_(literal(list(values), ARRAY(column.type))))
