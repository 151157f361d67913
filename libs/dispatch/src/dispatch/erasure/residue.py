"""What `muster erasure sweep` is told of a dispatcher: where it keeps what belongs to members."""

from collections.abc import Awaitable, Callable

from chassis.db.database import Database
from chassis.erasure.residue import ReportLine, Residue
from chassis.errors import Unavailable
from dispatch.erasure import residue_sql

RESIDUE = Residue(
    erased=residue_sql.ERASED, tables=residue_sql.TABLES, left=residue_sql.LEFT, heard_by=residue_sql.HEARD_BY
)


async def withdraw(database: Database, delete: Callable[[str], Awaitable[None]]) -> ReportLine:
    """Delete the provider's copies one after the other; what was deleted is not asked for again."""
    async with database.transaction() as session:
        wanted = await residue_sql.copies(session)
    done, left = 0, ""
    for reference in wanted:
        try:
            await delete(reference)
        except Unavailable as error:
            left = f"{len(wanted) - done} messages: {error}"
            break
        async with database.transaction() as session:
            await residue_sql.withdrawn(session, [reference])
        done += 1
    return ReportLine("provider", "messages", f"deleted {done}", left)
