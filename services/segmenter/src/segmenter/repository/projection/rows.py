"""Many projected rows in one statement."""

from collections.abc import Sequence

from chassis.db.rows import columns_of, rows_as
from segmenter.models import members
from sqlalchemy import Table, exists, select
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


def upsert_rows(table: Table, rows: Sequence[object], *, unless_erased: bool = False) -> Insert:
    """An INSERT of rows that replaces those with the same key; where there is a version, only an older one."""
    statement = insert_rows(table, rows, unless_erased=unless_erased)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={each.name: statement.excluded[each.name] for each in table.c if not each.primary_key},
        where=table.c.version < statement.excluded.version if "version" in table.c else None,
    )
