"""Many rows in one statement: one JSON parameter that PostgreSQL unfolds.

A statement is prepared once, whatever the size of the batch, and no batch meets the limit of 32,767 parameters.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy import Column, ColumnElement, Table, any_, column, func, inspect, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, JSON, Insert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

Row = Mapping[str, object]


def as_json(rows: Iterable[object]) -> str:
    """Mappings or dataclasses for `json_to_recordset`; ids, dates and bytes become texts that PostgreSQL reads."""
    return orjson.dumps(list(rows), default=_plain).decode()


def _plain(value: object) -> str:
    """asyncpg's UUIDs are a subclass that orjson does not know."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes):
        return rf"\x{value.hex()}"
    raise TypeError(f"a {type(value).__name__} cannot be stored")


def columns_of(table: Table, *names: str) -> list[Column[object]]:
    """These columns of a table; all of them when none is named."""
    return [table.c[name] for name in names] or list(table.c)


def rows_as(name: str, columns: Sequence[Column[object]], rows: Iterable[object]) -> TableValuedAlias:
    """Mappings or dataclasses as a table expression with these columns."""
    body = sa.cast(literal(as_json(rows), sa.Text), JSON)
    shape = [column(each.name, each.type) for each in columns]
    return func.json_to_recordset(body).table_valued(*shape, name=name).render_derived(with_types=True)


def fields_of(item: object) -> dict[str, Any]:
    """The fields of a slotted dataclass, not copied (`asdict` copies deeply: a third of an import's time)."""
    return {name: getattr(item, name) for name in type(item).__slots__}  # type: ignore[attr-defined]


async def insert(session: AsyncSession, table: type[SQLModel], rows: Sequence[Row]) -> None:
    """Add the rows; all have the same keys, which are columns."""
    if rows:
        await session.execute(insertion(table, rows))


async def upsert(session: AsyncSession, table: type[SQLModel], key: str, rows: Sequence[Row]) -> None:
    """Add the rows or replace those with the same key."""
    if rows:
        statement = insertion(table, rows)
        changes = {name: statement.excluded[name] for name in rows[0] if name != key}
        await session.execute(statement.on_conflict_do_update(index_elements=[key], set_=changes))


def insertion(table: type[SQLModel], rows: Sequence[Row]) -> Insert:
    """The statement of `insert`, to which a conflict's handling or `returning` may be added. At least one row."""
    target = cast("Table", inspect(table).local_table)
    names = list(rows[0])
    given = rows_as("given", columns_of(target, *names), rows)
    return postgresql_insert(target).from_select(names, select(*(given.c[name] for name in names)))


def among(column: Any, values: Collection[object]) -> ColumnElement[bool]:
    """Whether a column holds one of the values; one parameter, however many they are."""
    return cast("ColumnElement[bool]", column == any_(literal(list(values), ARRAY(column.type))))
