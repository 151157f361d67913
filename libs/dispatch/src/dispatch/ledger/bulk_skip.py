"""Skips waiting rows by the thousand where the gate would refuse them one by one.

What may have gone already, by a ledger that was lost, is left to the gate, which has it looked for first. Only what
waits for the erased goes unlooked for: there is no address left to look with.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.db.statements import run
from contracts.ids import Ids
from dispatch.ledger.history import skipped_step
from sqlmodel.ext.asyncio.session import AsyncSession

_SKIP = """
UPDATE deliveries d SET state = 'skipped', rev = d.rev + 1, reason = :reason, waiting_for = NULL,
    passed = d.passed || {skipped}
FROM ({which}) AS n WHERE d.delivery_id = n.delivery_id AND d.month = n.month AND d.state = 'requested'
""".replace("{skipped}", skipped_step("d.rev + 1", "d.gen", "CAST(:reason AS text)"))
_CANCELLED = """
SELECT d.delivery_id, d.month FROM deliveries d JOIN campaigns c USING (campaign_id)
WHERE d.state = 'requested' AND c.state = 'cancelled' AND d.waiting_for IS DISTINCT FROM 'recovery'
LIMIT :most FOR UPDATE OF d SKIP LOCKED
"""
_EXPIRED = """
SELECT delivery_id, month FROM deliveries
WHERE state = 'requested' AND expires_at <= :now AND waiting_for IS DISTINCT FROM 'recovery'
LIMIT :most FOR UPDATE SKIP LOCKED
"""
_THESE = """
SELECT delivery_id, month FROM deliveries
WHERE state = 'requested' AND delivery_id = ANY(CAST(:ids AS uuid[])) FOR UPDATE SKIP LOCKED
"""


async def skip_cancelled(session: AsyncSession, most: int) -> int:
    """Rows of cancelled campaigns."""
    return (await run(session, _SKIP.format(which=_CANCELLED), reason="cancelled", most=most)).rowcount


async def skip_expired(session: AsyncSession, now: datetime, most: int) -> int:
    """Rows that can no longer go in time."""
    return (await run(session, _SKIP.format(which=_EXPIRED), reason="expired", now=now, most=most)).rowcount


async def skip_erased(session: AsyncSession, members: Sequence[UUID], ids: Ids, channel: str) -> int:
    """What waits for members that are no more. Their delivery ids are derived, so that no index by member is needed;
    a row in a sender's hands is left to the gate.
    """
    wanted = [delivery for _, delivery in await deliveries_of(session, members, ids, channel)]
    return (await run(session, _SKIP.format(which=_THESE), reason="erased", ids=wanted)).rowcount


async def deliveries_of(
    session: AsyncSession, members: Sequence[UUID], ids: Ids, channel: str
) -> list[tuple[UUID, UUID]]:
    """(member, delivery) for every delivery they can have here: one for each campaign and step ever asked for."""
    rows = (await run(session, "SELECT DISTINCT campaign_id, step FROM campaign_steps")).all()
    return [(member, ids.delivery(row.campaign_id, row.step, member, channel)) for member in members for row in rows]
