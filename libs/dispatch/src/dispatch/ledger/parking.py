"""Puts paused rows aside until they expire, and makes them due again when their campaign goes on.

A paused row that came up again every few minutes would be claimed before all that is not urgent, only to be put back:
a large campaign would starve its channel. So it is due no more, and whoever hears of the resumption wakes it. What
nobody wakes (a crash between the two, a row put aside while the resumption was being written) maintenance finds.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.db.statements import run
from sqlmodel.ext.asyncio.session import AsyncSession

_PARK = """
UPDATE deliveries d SET not_before = n.expires_at, waiting_for = 'paused'
FROM (
    SELECT p.delivery_id, p.month, p.expires_at FROM deliveries p JOIN campaigns c USING (campaign_id)
    WHERE p.state = 'requested' AND p.not_before <= :now AND p.expires_at > :now AND c.state = 'paused'
        AND p.waiting_for IS DISTINCT FROM 'recovery'
    LIMIT :most FOR UPDATE OF p SKIP LOCKED FOR SHARE OF c
) n WHERE d.delivery_id = n.delivery_id AND d.month = n.month
"""
"""The campaign is locked too: its resumption is stored before, and nothing is put aside, or after, and wakes it all."""
_WAKE = """
UPDATE deliveries SET not_before = :now, waiting_for = NULL
WHERE (delivery_id, month) IN (
    SELECT delivery_id, month FROM deliveries
    WHERE state = 'requested' AND not_before > :now AND waiting_for = ANY(CAST(:why AS text[]))
        AND (CAST(:campaign AS uuid) IS NULL OR campaign_id = :campaign)
    LIMIT :most FOR UPDATE SKIP LOCKED)
"""
_WAKE_MISSED = """
UPDATE deliveries SET not_before = :now, waiting_for = NULL
WHERE (delivery_id, month) IN (
    SELECT delivery_id, month FROM deliveries d
    WHERE state = 'requested' AND not_before > :now AND (
        (waiting_for = 'paused'
            AND EXISTS (SELECT 1 FROM campaigns c WHERE c.campaign_id = d.campaign_id AND c.state <> 'paused'))
        OR (waiting_for = 'stopped' AND NOT EXISTS (SELECT 1 FROM sending_stop WHERE stopped)))
    LIMIT :most FOR UPDATE OF d SKIP LOCKED)
"""


async def park(session: AsyncSession, now: datetime, most: int) -> int:
    """Put due rows of paused campaigns aside; how many. What may have gone already keeps its mark and is
    left to the gate."""
    return (await run(session, _PARK, now=now, most=most)).rowcount


async def wake(session: AsyncSession, now: datetime, why: Sequence[str], campaign: UUID | None, most: int) -> int:
    """Make waiting rows due; how many. Call again while it is `most`."""
    return (await run(session, _WAKE, now=now, why=list(why), campaign=campaign, most=most)).rowcount


async def wake_missed(session: AsyncSession, now: datetime, most: int) -> int:
    """The same for what waits for something that is over."""
    return (await run(session, _WAKE_MISSED, now=now, most=most)).rowcount
