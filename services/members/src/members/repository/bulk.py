"""Many rows in one statement: one JSON parameter that PostgreSQL unfolds into the table's own row type."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, any_, literal, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

CHUNK = 1000
"""People handled by one transaction's statements."""

TREE, ROLL = 7_301, 7_302
"""Advisory locks of a transaction, taken in this order. TREE: shared by whoever writes members, alone by whoever moves
a body, so that no snapshot is made from a tree that is just being changed. ROLL: alone by whoever adds or erases
members, so that no roll brings back somebody who is just being erased."""


def columns(item: Any) -> dict[str, Any]:
    """The fields of a slotted dataclass, not copied (`asdict` copies deeply: a third of an import's time)."""
    return {name: getattr(item, name) for name in type(item).__slots__}


async def insert(session: AsyncSession, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the rows; all have the same keys, which are columns."""
    if rows:
        await session.execute(_statement(table, rows[0], ""), {"rows": _json(rows)})


async def upsert(session: AsyncSession, table: type[SQLModel], key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the rows or replace those with the same key."""
    if rows:
        changes = ", ".join(f'"{name}" = excluded."{name}"' for name in rows[0] if name != key)
        statement = _statement(table, rows[0], f' ON CONFLICT ("{key}") DO UPDATE SET {changes}')
        await session.execute(statement, {"rows": _json(rows)})


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return orjson.dumps(rows, default=_plain).decode()


def _plain(value: object) -> str:
    """asyncpg's UUIDs are a subclass that orjson does not know."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"a {type(value).__name__} cannot be stored")


def _statement(table: type[SQLModel], row: Mapping[str, Any], tail: str) -> Any:
    name = str(table.__tablename__)
    columns = ", ".join(f'"{column}"' for column in row)
    return text(
        f"INSERT INTO {name} ({columns}) SELECT {columns} "  # noqa: S608 - names of our own tables and columns
        f"FROM json_populate_recordset(NULL::{name}, CAST(CAST(:rows AS text) AS json)){tail}"
    )


def among(column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """Whether a column holds one of the values; one parameter, however many they are."""
    return cast("ColumnElement[bool]", column == any_(literal(list(values), ARRAY(column.type))))


async def lock(session: AsyncSession, number: int, *, shared: bool = False) -> None:
    """An advisory lock until the transaction ends."""
    kind = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    await session.execute(text(f"SELECT {kind}(:number)"), {"number": number})


async def freeze(session: AsyncSession) -> None:
    """Have a transaction that only reads see, from its next statement on, one moment. To be called before any other."""
    await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
