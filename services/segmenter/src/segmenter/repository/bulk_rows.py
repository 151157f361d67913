"""Many rows in one parameter, so that a batch is one statement whatever its size."""

from collections.abc import Sequence

import orjson
from sqlalchemy import Column, Table, Text, cast, column, func, literal
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import TableValuedAlias


def rows_as(name: str, columns: Sequence[Column[object]], rows: Sequence[object]) -> TableValuedAlias:
    """Mappings or dataclasses as a table expression with these columns; ids and dates travel as JSON texts."""
    # asyncpg's ids are a subclass of UUID, which orjson leaves to `default`.
    body = cast(literal(orjson.dumps(list(rows), default=str).decode(), Text), JSONB)
    shape = [column(each.name, each.type) for each in columns]
    return func.jsonb_to_recordset(body).table_valued(*shape, name=name).render_derived(with_types=True)


def columns_of(table: Table, *names: str) -> list[Column[object]]:
    """These columns of a table; all of them when none is named."""
    return [table.c[name] for name in names] or list(table.c)
