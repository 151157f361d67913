"""Skips waiting rows: those that the gate refused, and by the thousand those that it would refuse one by one.

What may have been sent already, by a ledger that was lost, is left to the gate, which has it looked up first. Only what
waits for erased members is not looked up: there is no address left to look for.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from chassis.db.statements import run, run_many
from dispatch.ledger.passed_sql import skipped_step
from sqlmodel.ext.asyncio.session import AsyncSession

_SKIP = """
UPDATE deliveries d SET state = 'skipped', rev = d.rev + 1, reason = n.reason, waiting_for = NULL,
    passed = d.passed || {skipped}
FROM ({which}) AS n WHERE d.delivery_id = n.delivery_id AND d.month = n.month AND d.state = 'requested'
""".replace("{skipped}", skipped_step("d.rev + 1", "d.gen", "n.reason"))
_REFUSED = "SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS n(delivery_id uuid, month date, reason text)"
_CANCELLED = """
SELECT delivery_id, month, 'cancelled' AS reason FROM deliveries
WHERE state = 'requested' AND campaign_id = :campaign AND waiting_for IS DISTINCT FROM 'recovery'
LIMIT :most FOR UPDATE SKIP LOCKED
"""
_EXPIRED = """
SELECT delivery_id, month, 'expired' AS reason FROM deliveries
WHERE state = 'requested' AND expires_at <= :now AND waiting_for IS DISTINCT FROM 'recovery'
LIMIT :most FOR UPDATE SKIP LOCKED
"""
_ERASED = """
SELECT delivery_id, month, 'erased' AS reason FROM deliveries
WHERE state = 'requested' AND member_id = ANY(CAST(:members AS uuid[])) FOR UPDATE SKIP LOCKED
"""


async def skip_refused(session: AsyncSession, refused: Iterable[tuple[UUID, date, str]]) -> None:
    """(delivery, month, reason) as the gate refused them, locked by the caller."""
    rows = [{"delivery_id": delivery_id, "month": month, "reason": reason} for delivery_id, month, reason in refused]
    await run_many(session, _SKIP.format(which=_REFUSED), rows)


async def skip_campaign(session: AsyncSession, campaign: UUID, most: int) -> int:
    """Rows of a cancelled campaign."""
    return (await run(session, _SKIP.format(which=_CANCELLED), campaign=campaign, most=most)).rowcount


async def skip_expired(session: AsyncSession, now: datetime, most: int) -> int:
    """Rows that can no longer be sent in time."""
    return (await run(session, _SKIP.format(which=_EXPIRED), now=now, most=most)).rowcount


async def skip_erased(session: AsyncSession, members: Sequence[UUID]) -> int:
    """What waits for erased members; a row that a sender has locked is left to the gate."""
    return (await run(session, _SKIP.format(which=_ERASED), members=list(members))).rowcount
