"""A campaign moved from one state to the next, and the event that says so."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.http.auth import Caller
from chassis.kafka.outbox import Outgoing, put
from chassis.wakeup import Wakeup
from contracts import topics
from segmenter.domain.campaigns.campaign import Campaign
from segmenter.domain.campaigns.transitions import EVENTS, RUNNING, Action, campaign_event, is_published, next_state
from segmenter.repository import campaigns, deliveries
from segmenter.repository.projection import ballots
from segmenter.service.access import load_campaign
from segmenter.settings import Settings
from sqlmodel.ext.asyncio.session import AsyncSession


class Transitions:
    """What people do to a campaign that is launched or will not be, and its completion."""

    def __init__(self, database: Database, clock: Clock, settings: Settings, wakeup: Wakeup) -> None:
        self._database, self._clock, self._settings, self._wakeup = database, clock, settings, wakeup

    async def apply(self, caller: Caller, campaign_id: UUID, action: Action) -> Campaign:
        """Pause, resume or cancel a campaign."""
        async with self._database.transaction() as session:
            campaign = await load_campaign(session, caller, campaign_id, for_update=True)
            moved = await transition(session, self._clock, self._settings, campaign, action)
        self._wakeup.set()
        return moved

    async def complete_finished(self) -> bool:
        """Complete the campaigns of which everything has ended; True if there were any. Any replica may do it."""
        bounce = timedelta(minutes=self._settings.bounce_minutes)
        async with self._database.transaction() as session:
            finished = await deliveries.finished_campaigns(session, self._clock.now(), bounce)
        for campaign_id in finished:
            await self._complete(campaign_id)
        return bool(finished)

    async def _complete(self, campaign_id: UUID) -> None:
        async with self._database.transaction() as session:
            campaign = await campaigns.one(session, campaign_id, for_update=True)
            if campaign is not None and campaign.state in RUNNING:
                await transition(session, self._clock, self._settings, campaign, Action.COMPLETE)


async def transition(
    session: AsyncSession, clock: Clock, settings: Settings, campaign: Campaign, action: Action, **values: object
) -> Campaign:
    """Move a locked campaign on and publish it where dispatchers know of it. Raises Conflict."""
    state, now = next_state(campaign.state, action), clock.now()
    version = campaign.version + 1
    moved = await campaigns.change(
        session, campaign.campaign_id, state=state, version=version, updated_at=now, **values
    )
    if is_published(campaign.state, action):
        event = campaign_event(EVENTS[action], moved, await _poll_closing(session, moved.definition.poll_id))
        event_id = settings.ids.event("campaign", moved.campaign_id, moved.version)
        await put(session, settings.service, [Outgoing(topics.CAMPAIGNS, str(moved.campaign_id), event, event_id, now)])
    return moved


async def _poll_closing(session: AsyncSession, poll_id: UUID | None) -> datetime | None:
    """When the poll that a campaign asks closes, as far as is known here."""
    poll = await ballots.poll(session, poll_id) if poll_id else None
    return poll.closes_at if poll else None
