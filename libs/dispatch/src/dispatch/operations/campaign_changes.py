"""Lets waiting rows follow their campaign, one replica at a time, and never in the handler that hears the next stop."""

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.periodic import Periodic
from dispatch.brake import sql as brake_sql
from dispatch.ledger import bulk_skip, campaign_changes
from dispatch.ledger.campaign_changes import ChangedCampaign
from dispatch.restore.recovery import RestoreRecovery
from dispatch.wakeups import Wakeups

_EVERY = 2.0
_MOST = 5000
_LONGEST_CLAIM = 1.0
"""Seconds: claims and admissions wait behind us meanwhile."""


class CampaignChanges:
    """A led task. A campaign's rows follow it within seconds; the gate judges each of them by itself meanwhile."""

    def __init__(self, database: Database, clock: Clock, wakeups: Wakeups, recovery: RestoreRecovery) -> None:
        self._database, self._clock, self._wakeups, self._recovery = database, clock, wakeups, recovery

    @property
    def task(self) -> Periodic:
        """At once after a change that this replica stored, else within seconds."""
        wakeup, leader = self._wakeups.campaigns, self._database
        return Periodic("campaign-changes", self.step, every=_EVERY, wakeup=wakeup, leader=leader)

    async def step(self) -> bool:
        """One batch of rows of each campaign that changed, so that none waits for another; whether there is more.
        Nothing is skipped before it is known whether the database was restored."""
        if not self._recovery.known.is_set():
            return False
        async with self._database.transaction() as session:
            changed = await campaign_changes.changed(session)
        if not changed:
            return False
        async with self._database.transaction() as session:
            # What claims and admission wrote by an older state is there to be found once they have ended.
            await brake_sql.no_claim_open(session, _LONGEST_CLAIM)
        return not all([await self._follow(campaign) for campaign in changed])

    async def _follow(self, campaign: ChangedCampaign) -> bool:
        campaign_id, now = campaign.campaign_id, self._clock.now()
        async with self._database.transaction() as session:
            if campaign.cancelled:
                done = await bulk_skip.skip_campaign(session, campaign_id, _MOST)
            elif campaign.paused:
                done = await campaign_changes.park(session, campaign_id, now, _MOST)
            else:
                done = await campaign_changes.wake(session, campaign_id, now, _MOST)
            followed = done < _MOST and await campaign_changes.follows(session, campaign, now)
        self._wakeups.unpublished.set()
        self._wakeups.due.set()
        return followed
