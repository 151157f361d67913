"""Adapts the waiting rows of a campaign that was paused, resumed or cancelled, thousands at a time.

A paused row that came up again every few minutes would be claimed before all that is not urgent, only to be put back:
a large campaign would starve its channel. So it is parked until it expires, and becomes due when its campaign goes on.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis.db.statements import run
from contracts.enums import CampaignState
from dispatch.brake.sql import stopped
from sqlmodel.ext.asyncio.session import AsyncSession

_CHANGED = f"""
SELECT campaign_id, version, followed,
    CASE WHEN state <> 'cancelled' AND {stopped("campaign_id")} THEN 'paused' ELSE state END AS state
FROM campaigns WHERE followed < version ORDER BY campaign_id LIMIT 100
"""  # noqa: S608 - texts of ours
_FOLLOWED = """
UPDATE campaigns c SET followed = :version WHERE campaign_id = :campaign AND followed = :followed AND NOT EXISTS (
    SELECT 1 FROM deliveries d WHERE d.state = 'requested' AND d.campaign_id = :campaign AND CASE :state
        WHEN 'paused' THEN false
        WHEN 'cancelled' THEN d.waiting_for IS DISTINCT FROM 'recovery'
        ELSE d.not_before > :now AND d.waiting_for IN ('campaign', 'paused', 'stopped') END)
"""
"""Not while a row was skipped for being locked, nor after a lift that came meanwhile."""
_PARK = """
UPDATE deliveries d SET due = false, not_before = n.expires_at, waiting_for = 'paused'
FROM (
    SELECT delivery_id, month, expires_at FROM deliveries
    WHERE state = 'requested' AND campaign_id = :campaign AND not_before <= :now AND expires_at > :now
        AND waiting_for IS DISTINCT FROM 'recovery'
    LIMIT :most FOR UPDATE SKIP LOCKED
) n WHERE d.delivery_id = n.delivery_id AND d.month = n.month
"""
_WAKE = """
UPDATE deliveries SET not_before = :now, waiting_for = NULL
WHERE (delivery_id, month) IN (
    SELECT delivery_id, month FROM deliveries
    WHERE state = 'requested' AND campaign_id = :campaign AND not_before > :now
        AND waiting_for IN ('campaign', 'paused', 'stopped')
    LIMIT :most FOR UPDATE SKIP LOCKED)
"""


class ChangedCampaign(NamedTuple):
    """A campaign whose waiting rows do not follow its state yet."""

    campaign_id: UUID
    version: int
    followed: int
    state: str
    """Its own, or paused where a stop of it holds."""

    @property
    def paused(self) -> bool:
        """Whether its rows are to be parked."""
        return self.state == CampaignState.PAUSED

    @property
    def cancelled(self) -> bool:
        """Whether its rows are to be skipped."""
        return self.state == CampaignState.CANCELLED


async def changed(session: AsyncSession) -> list[ChangedCampaign]:
    """At most a hundred."""
    return [ChangedCampaign(*row) for row in await run(session, _CHANGED)]


async def follows(session: AsyncSession, campaign: ChangedCampaign, now: datetime) -> bool:
    """Note that its rows follow this version; False: not all do."""
    values = campaign._asdict() | {"campaign": campaign.campaign_id, "now": now}
    return bool((await run(session, _FOLLOWED, **values)).rowcount)


async def park(session: AsyncSession, campaign: UUID, now: datetime, most: int) -> int:
    """Put due rows aside until they expire; how many. What may have gone already, by a ledger that was lost, keeps its
    mark and is left to the gate."""
    return (await run(session, _PARK, campaign=campaign, now=now, most=most)).rowcount


async def wake(session: AsyncSession, campaign: UUID, now: datetime, most: int) -> int:
    """Make rows due that wait for this campaign; how many."""
    return (await run(session, _WAKE, campaign=campaign, now=now, most=most)).rowcount
