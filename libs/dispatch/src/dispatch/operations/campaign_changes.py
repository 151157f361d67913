"""Lets waiting rows follow their campaign, one replica at a time, and never in the handler that hears the next stop."""

from functools import partial

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.periodic import Periodic
from dispatch.brake import sql as brake_sql
from dispatch.ledger import bulk_skip, campaign_changes
from dispatch.ledger.batches import in_batches
from dispatch.ledger.campaign_changes import ChangedCampaign
from dispatch.restore.recovery import RestoreRecovery
from dispatch.wakeups import Wakeups

_EVERY = 2.0
_LONGEST_CLAIM = 30.0
"""Seconds."""


class CampaignChanges:
    """A led task. A campaign's rows follow it within seconds; the gate judges each of them by itself meanwhile."""

    def __init__(self, database: Database, clock: Clock, wakeups: Wakeups, recovery: RestoreRecovery) -> None:
        self._database, self._clock, self._wakeups, self._recovery = database, clock, wakeups, recovery

    @property
    def task(self) -> Periodic:
        """At once after a change that this replica stored, else within seconds."""
        wakeup, leader = self._wakeups.campaigns, self._database
        return Periodic("campaign-changes", self.step, every=_EVERY, wakeup=wakeup, leader=leader)

    async def step(self) -> None:
        """All campaigns that changed. Nothing is skipped before it is known whether the database was restored."""
        if not self._recovery.known.is_set():
            return
        async with self._database.transaction() as session:
            changed = await campaign_changes.changed(session)
        if not changed:
            return
        async with self._database.transaction() as session:
            # What claims and admission wrote by an older state is there to be found once they have ended.
            await brake_sql.no_claim_open(session, _LONGEST_CLAIM)
        for campaign in changed:
            await self._follow(campaign)
            async with self._database.transaction() as session:
                await campaign_changes.followed(session, campaign)

    async def _follow(self, campaign: ChangedCampaign) -> None:
        campaign_id, now = campaign.campaign_id, self._clock.now()
        if campaign.cancelled:
            statement, wakeup = partial(bulk_skip.skip_campaign, campaign=campaign_id), self._wakeups.unpublished
        elif campaign.paused:
            statement, wakeup = partial(campaign_changes.park, campaign=campaign_id, now=now), None
        else:
            statement, wakeup = partial(campaign_changes.wake, campaign=campaign_id, now=now), self._wakeups.due
        await in_batches(self._database, lambda session, most: statement(session, most=most), wakeup)
