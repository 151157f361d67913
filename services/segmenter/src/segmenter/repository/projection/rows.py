"""Many projected rows in one statement."""

from collections.abc import Sequence
from uuid import UUID

from chassis.db.rows import among, columns_of, rows_as
from segmenter.models import members
from sqlalchemy import ColumnElement, Table, exists, select
from sqlalchemy.dialects.postgresql import Insert, insert

ERASED = "erased"


def insert_rows(table: Table, rows: Sequence[object], *, unless_erased: bool = False) -> Insert:
    """An INSERT of rows, on request without those of erased members."""
    given = rows_as("given", columns_of(table), rows)
    names = [each.name for each in table.c]
    query = select(*(given.c[name] for name in names))
    if unless_erased:
        marker = exists().where(members.c.member_id == given.c.member_id, members.c.status == ERASED)
        query = query.where(~marker)
    return insert(table).from_select(names, query)


def is_of(table: Table, member_ids: Sequence[UUID]) -> ColumnElement[bool]:
    """Whether a row is of one of these members."""
    return among(table.c.member_id, member_ids)
