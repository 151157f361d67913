"""Counts that move with the rows they count: a trigger notes what each statement changed, a led step adds notes up.

A row of figures that every transaction updates would be a queue of all writers, and a deadlock of two that update two
of them in different orders. A note is only added, so that nobody waits; a reader sums notes and sums in one statement.
"""

from collections.abc import Awaitable, Callable, Sequence
from itertools import count

from chassis.db.database import Database
from sqlalchemy import BigInteger, Boolean, Column, Connection, Index, MetaData, Table, TextClause, event, text

ADDED_UP_EVERY = 5.0
"""Seconds."""
_NOTES = 200
"""As many of one kind are summed by each reader before they are added up."""
_ALL_IN = 720
"""Rounds: of what has come to rest the few notes are added up too, and nothing stays of what is gone."""
_ADDED, _REMOVED = "SELECT {by}, 1 AS one FROM added", "SELECT {by}, -1 AS one FROM removed"
_TRIGGERS = {
    "insert": ("NEW TABLE AS added", _ADDED),
    "update": ("OLD TABLE AS removed NEW TABLE AS added", f"{_ADDED} UNION ALL {_REMOVED}"),
    "delete": ("OLD TABLE AS removed", _REMOVED),
}


def counts_of(counted: Table, name: str, by: Sequence[str]) -> Table:
    """A table of how many rows of `counted` have each combination of these columns: the sum of `number` over its rows.
    The first column says what is added up together and is never null. Created with the table that it counts."""
    table = Table(
        name,
        counted.metadata,
        *(Column(each, counted.c[each].type) for each in by),
        Column("number", BigInteger, nullable=False),
        Column("note", Boolean, nullable=False, server_default=text("true")),
        Index(f"{name}_of", by[0]),
        Index(f"{name}_notes", by[0], postgresql_where=text("note")),
    )

    def create(_: MetaData, connection: Connection, *, tables: Sequence[Table], **__: object) -> None:
        if table in tables:
            for statement in _creation(counted.name, name, ", ".join(by)):
                connection.exec_driver_sql(statement)

    def drop(_: MetaData, connection: Connection, **__: object) -> None:
        for operation in _TRIGGERS:
            connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {name}_{operation}()")

    event.listen(counted.metadata, "after_create", create)
    event.listen(counted.metadata, "after_drop", drop)
    return table


def _creation(counted: str, name: str, by: str) -> list[str]:
    statements = [f"ALTER TABLE {name} SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)"]
    for operation, (transition, changed) in _TRIGGERS.items():
        statements.append(f"""
            CREATE FUNCTION {name}_{operation}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO {name} ({by}, number) SELECT {by}, sum(one) FROM ({changed.format(by=by)}) c GROUP BY {by}
                HAVING sum(one) <> 0;
                RETURN NULL;
            END $$""")  # noqa: S608 - names of ours
        statements.append(f"""
            CREATE TRIGGER {name}_{operation} AFTER {operation} ON {counted} REFERENCING {transition}
            FOR EACH STATEMENT EXECUTE FUNCTION {name}_{operation}()""")
    return statements


def adding_up(database: Database, *tables: Table) -> Callable[[], Awaitable[None]]:
    """The step that adds up the notes of these tables of counts, for one replica to take every few seconds."""
    statements, rounds = [_addition(table) for table in tables], count()

    async def add_up() -> None:
        notes = _NOTES if next(rounds) % _ALL_IN else 1
        for statement in statements:
            async with database.transaction() as session:
                await session.execute(statement, {"notes": notes})

    return add_up


def _addition(table: Table) -> TextClause:
    by = ", ".join(column.name for column in table.columns if column.name not in {"number", "note"})
    first = by.partition(",")[0]
    return text(f"""
        WITH gone AS (
            DELETE FROM {table.name} WHERE {first} IN (
                SELECT {first} FROM {table.name} WHERE note GROUP BY {first} HAVING count(*) >= :notes)
            RETURNING *)
        INSERT INTO {table.name} ({by}, number, note)
        SELECT {by}, sum(number), false FROM gone GROUP BY {by} HAVING sum(number) <> 0
    """)  # noqa: S608 - names of ours
