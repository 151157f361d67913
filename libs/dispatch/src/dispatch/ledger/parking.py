"""Parks rows of paused campaigns until they expire, and makes them due again when their campaign goes on.

A paused row that came up again every few minutes would be claimed before all rows that are not urgent, only to be put
back: a large paused campaign would starve its channel. So it is not due any more, and the handler of the resumption
wakes it. What that misses (a crash in between, a row parked while the resumption was being written) maintenance finds.
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
"""The campaign is locked too: its resumption is stored before, and nothing is parked, or after, and wakes it all."""
_WAKE = """
UPDATE deliveries SET not_before = :now, waiting_for = NULL
WHERE (delivery_id, month) IN (
    SELECT delivery_id, month FROM deliveries d WHERE state = 'requested' AND not_before > :now AND {which}
    LIMIT :most FOR UPDATE OF d SKIP LOCKED)
"""
_FOR_A_REASON = """
waiting_for = ANY(CAST(:why AS text[])) AND (CAST(:campaign AS uuid) IS NULL OR campaign_id = :campaign)
"""
_MISSED = """(
    waiting_for = 'paused'
        AND EXISTS (SELECT 1 FROM campaigns c WHERE c.campaign_id = d.campaign_id AND c.state <> 'paused')
    OR waiting_for = 'stopped' AND NOT EXISTS (SELECT 1 FROM sending_stop WHERE stopped))
"""


async def park(session: AsyncSession, now: datetime, most: int) -> int:
    """Park due rows of paused campaigns; how many. A suspect keeps its mark and is left to the gate."""
    return (await run(session, _PARK, now=now, most=most)).rowcount


async def wake(session: AsyncSession, now: datetime, why: Sequence[str], campaign: UUID | None, most: int) -> int:
    """Make waiting rows due; how many. Call again while it is `most`."""
    wanted = {"why": list(why), "campaign": campaign}
    return (await run(session, _WAKE.format(which=_FOR_A_REASON), now=now, most=most, **wanted)).rowcount


async def wake_missed(session: AsyncSession, now: datetime, most: int) -> int:
    """The same for rows that wait for a pause or a stop that is over."""
    return (await run(session, _WAKE.format(which=_MISSED), now=now, most=most)).rowcount
