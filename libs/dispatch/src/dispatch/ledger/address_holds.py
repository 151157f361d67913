"""Makes rows due again that waited for a person to decide about their address, once that is decided."""

from datetime import datetime

from chassis.db.statements import run
from sqlmodel.ext.asyncio.session import AsyncSession

_WAKE = """
UPDATE deliveries SET not_before = :now, waiting_for = NULL
WHERE (delivery_id, month) IN (
    SELECT delivery_id, month FROM deliveries d
    WHERE state = 'requested' AND waiting_for = 'address_hold' AND not_before > :now AND NOT EXISTS (
        SELECT 1 FROM contacts c JOIN address_holds h USING (address_hash) WHERE c.member_id = d.member_id)
    LIMIT :most FOR UPDATE OF d SKIP LOCKED)
"""


async def wake(session: AsyncSession, now: datetime, most: int) -> int:
    """How many; call again while it is `most`."""
    return (await run(session, _WAKE, now=now, most=most)).rowcount
