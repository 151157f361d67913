"""Removes the bytes of deleted rows from a table's files.

A deleted or updated row's bytes stay on its page, VACUUM or not, until something else is written over them (measured).
VACUUM FULL writes the live rows into new files and unlinks the old ones. Meanwhile the table is locked, for readers
too (ACCESS EXCLUSIVE). It would carry over what an older transaction may still see: so we wait until none is left.
The planner's statistics hold values too, and ANALYZE of an empty table keeps the old ones: they are taken again, or
cleared, and their own table is rewritten after the others.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from chassis.db.database import sqlstate
from chassis.erasure.residue import ReportLine
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

_TRIES, _PAUSE = 20, 1.0
_STORED, _ALL = "r", "rp"
"""Kinds of relations: with files of their own; and with partitioned parents."""
_LOCK = text("SET lock_timeout = '2s'")
"""Later requests for the table queue behind ours, so we wait for the lock only briefly, and try again."""
_LOCKED, _FORBIDDEN = "55P03", "42501"
_NOT_OURS = "the role of DATABASE_URL does not own it"
_STATISTICS = "pg_catalog.pg_statistic"
_RELATIONS = text("""
    SELECT c.oid::regclass::text AS name, c.oid, pg_total_relation_size(c.oid) AS bytes
    FROM unnest(CAST(:names AS text[])) AS wanted(name) JOIN pg_class c
      ON c.oid = to_regclass(wanted.name)
      OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(wanted.name))
    WHERE strpos(:kinds, CAST(c.relkind AS text)) > 0 ORDER BY 1
""")
_FILE = text("SELECT pg_relation_filenode(CAST(:oid AS oid))")
_CLEAR = text("""
    SELECT pg_clear_attribute_stats(n.nspname::text, c.relname::text, a.attname::text, inherited)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      CROSS JOIN (VALUES (false), (true)) AS kind (inherited)
    WHERE c.oid = CAST(:oid AS oid)
""")
_CLEAR_BEFORE_18 = text("DELETE FROM pg_catalog.pg_statistic WHERE starelid = CAST(:oid AS oid)")
_VERSION = text("SELECT CAST(current_setting('server_version_num') AS integer)")
_NOW = text("SELECT CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text)")
_OLDER = text("""
    WITH given AS (SELECT age(CAST(CAST(CAST(:moment AS text) AS xid8) AS xid)) AS age)
    SELECT
        (SELECT count(*) FROM pg_stat_activity a, given WHERE a.pid <> pg_backend_pid()
           AND (a.datname = current_database() OR a.datname IS NULL)
           AND greatest(age(a.backend_xmin), age(a.backend_xid)) > given.age)
      + (SELECT count(*) FROM pg_prepared_xacts p, given WHERE age(p.transaction) > given.age)
      + (SELECT count(*) FROM pg_replication_slots s, given
           WHERE greatest(age(s.xmin), age(s.catalog_xmin)) > given.age)
""")


@dataclass(frozen=True, slots=True)
class _Relation:
    name: str
    oid: int
    bytes: int


async def freshen(connection: AsyncConnection, tables: Sequence[str]) -> AsyncIterator[ReportLine]:
    """Without a lock on readers or writers: freed space may be used again, but keeps its bytes until then."""
    for relation in await _relations(connection, tables):
        await connection.execute(text(f"VACUUM (ANALYZE) {relation.name}"))
        yield ReportLine("table", relation.name, "vacuumed: freed space may hold old bytes until it is written over")


async def rewrite(connection: AsyncConnection, tables: Sequence[str], *, wait: float) -> AsyncIterator[ReportLine]:
    """Into new files, one table after the other. `connection` commits each statement by itself."""
    if not await _nobody_looks_back(connection, wait):
        yield ReportLine("table", "all", "not rewritten", "an open transaction, a slot or a replica needs old rows")
        return
    await connection.execute(_LOCK)
    for relation in await _relations(connection, tables):
        yield await _rewritten(connection, relation)
    for relation in await _relations(connection, tables, _ALL):
        if not await _count_anew(connection, relation):
            yield ReportLine("table", relation.name, "statistics not taken anew", _NOT_OURS)
    for relation in await _relations(connection, [_STATISTICS]):
        yield await _rewritten(connection, relation)


async def _relations(connection: AsyncConnection, names: Sequence[str], kinds: str = _STORED) -> list[_Relation]:
    rows = (await connection.execute(_RELATIONS, {"names": list(names), "kinds": kinds})).all()
    return [_Relation(row.name, row.oid, row.bytes) for row in rows]


async def _count_anew(connection: AsyncConnection, relation: _Relation) -> bool:
    """The planner's statistics from the rows that are there; of none, none. Before 18 only a superuser clears them.

    False: the role may not.
    """
    try:
        await connection.execute(text(f"ANALYZE {relation.name}"))
        if not await connection.scalar(text(f"SELECT EXISTS (SELECT 1 FROM {relation.name})")):  # noqa: S608 - from the catalogue
            clear = _CLEAR if int(await connection.scalar(_VERSION) or 0) >= 180_000 else _CLEAR_BEFORE_18
            await connection.execute(clear, {"oid": relation.oid})
    except DBAPIError as error:
        if sqlstate(error.orig) != _FORBIDDEN:
            raise
        return False
    return True


async def _nobody_looks_back(connection: AsyncConnection, wait: float) -> bool:
    """Whether every transaction that may see a row deleted by now has ended, within so many seconds."""
    moment, deadline = await connection.scalar(_NOW), time.monotonic() + wait
    while await connection.scalar(_OLDER, {"moment": moment}):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.2)
    return True


async def _rewritten(connection: AsyncConnection, relation: _Relation) -> ReportLine:
    before, begun = await connection.scalar(_FILE, {"oid": relation.oid}), time.monotonic()
    for _ in range(_TRIES):
        try:
            await connection.execute(text(f"VACUUM (FULL) {relation.name}"))
        except DBAPIError as error:
            if sqlstate(error.orig) == _FORBIDDEN:
                break
            if sqlstate(error.orig) != _LOCKED:
                raise
            await asyncio.sleep(_PAUSE)
        else:
            break
    else:
        return ReportLine("table", relation.name, "not rewritten", "in use all the time: come again in a quiet hour")
    if await connection.scalar(_FILE, {"oid": relation.oid}) == before:  # it only warns, and passes over
        return ReportLine("table", relation.name, "not rewritten", _NOT_OURS)
    return ReportLine("table", relation.name, f"rewritten: {relation.bytes} bytes in {time.monotonic() - begun:.2f} s")
