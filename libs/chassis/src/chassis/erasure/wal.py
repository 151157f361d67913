"""Removes from the write-ahead log what was written before now.

Old segments go with a checkpoint, but a server with `wal_recycle` on renames them for later use and they keep their
bytes until then. A switch to the next segment fills the rest of the present one with zeros (measured): so we go through
everything that lies ahead. One server's log is that of all its databases: the last sweep clears it for all.
"""

from chassis.db.database import sqlstate
from chassis.erasure.residue import ReportLine
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

_FORBIDDEN = "42501"
_HERE = text("SELECT pg_walfile_name(pg_current_wal_insert_lsn())")
_MARK = text("SELECT pg_logical_emit_message(false, 'muster', 'erasure sweep')")
"""A segment with nothing in it is not switched."""
_SWITCH = text("SELECT pg_switch_wal()")
_CHECKPOINT = text("CHECKPOINT")
_SEGMENTS = text("SELECT name FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' ORDER BY name")
_HELD = text("""
    SELECT concat_ws(', ',
        (SELECT 'replication slots: ' || string_agg(slot_name, ' ') FROM pg_replication_slots HAVING count(*) > 0),
        CASE WHEN current_setting('archive_mode') <> 'off' THEN 'the archiver' END,
        CASE WHEN current_setting('wal_keep_size') <> '0' THEN 'wal_keep_size' END)
""")
_ELSEWHERE = text("""
    SELECT concat_ws(' and ', CASE WHEN current_setting('archive_mode') <> 'off' THEN 'the WAL archive' END,
        (SELECT count(*) || ' replicas' FROM pg_stat_replication HAVING count(*) > 0))
""")


async def forget(connection: AsyncConnection) -> list[ReportLine]:
    """Nothing that was logged before this is in the server's own log after it."""
    try:
        return await _forget(connection)
    except DBAPIError as error:
        if sqlstate(error.orig) != _FORBIDDEN:
            raise
        left = "the role may not CHECKPOINT, pg_switch_wal or pg_ls_waldir: let a superuser of the server sweep"
        return [ReportLine("wal", "pg_wal", "not cleared", left)]


async def _forget(connection: AsyncConnection) -> list[ReportLine]:
    last = await connection.scalar(_HERE)
    await _switch(connection)
    await connection.execute(_CHECKPOINT)
    here = await connection.scalar(_HERE)
    ahead = [name for name in await _segments(connection) if name > here]
    for _ in (here, *ahead):  # a switch closes the segment it leaves
        await _switch(connection)
    await connection.execute(_CHECKPOINT)
    held = [name for name in await _segments(connection) if name <= last]
    left = f"{len(held)} older segments, held by {await connection.scalar(_HELD) or 'the server'}" if held else ""
    lines = [ReportLine("wal", "pg_wal", f"switched {len(ahead) + 2} segments, checkpointed", left)]
    if elsewhere := await connection.scalar(_ELSEWHERE):
        lines.append(ReportLine("wal", "copies", f"out of reach: {elsewhere}; they go as they expire"))
    return lines


async def _switch(connection: AsyncConnection) -> None:
    await connection.execute(_MARK)
    await connection.execute(_SWITCH)


async def _segments(connection: AsyncConnection) -> list[str]:
    return list((await connection.execute(_SEGMENTS)).scalars())
