"""STOPs by address, as far as no later START has ended them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from chassis.db import rows
from contracts.enums import Intent
from contracts.events.replies import ReplyReceived
from members.models.members import StoppedAddressRow
from sqlalchemy import text
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

_NOTE = text("""
    INSERT INTO stopped_addresses AS s (address_hash, stopped_at, started_at)
    SELECT hash, max(at) FILTER (WHERE stop), max(at) FILTER (WHERE NOT stop)
    FROM unnest(CAST(:hashes AS text[]), CAST(:ats AS timestamptz[]), CAST(:stops AS boolean[])) AS r(hash, at, stop)
    GROUP BY hash ORDER BY hash
    ON CONFLICT (address_hash) DO UPDATE SET stopped_at = greatest(s.stopped_at, excluded.stopped_at),
        started_at = greatest(s.started_at, excluded.started_at)
""")


async def note(session: AsyncSession, replies: Sequence[ReplyReceived]) -> None:
    """Keep the latest STOP and START of each address."""
    values = {
        "hashes": [reply.address_hash for reply in replies],
        "ats": [reply.received_at for reply in replies],
        "stops": [reply.intent == Intent.STOP for reply in replies],
    }
    await session.execute(_NOTE, values)


async def standing(session: AsyncSession, hashes: Collection[str]) -> dict[str, datetime]:
    """When each of these addresses was stopped, of those that are."""
    stopped, started = col(StoppedAddressRow.stopped_at), col(StoppedAddressRow.started_at)
    statement = select(StoppedAddressRow.address_hash, stopped).where(
        rows.among(col(StoppedAddressRow.address_hash), hashes),
        stopped.is_not(None),
        or_(started.is_(None), started <= stopped),
    )
    return {address_hash: at for address_hash, at in await session.exec(statement) if at is not None}
