"""A campaign moved from one state to the next, and the event that says so."""

from datetime import timedelta
from uuid import UUID

from chassis.http.auth import Caller
from chassis.kafka.outbox import Outgoing, put
from contracts import topics
from contracts.events.campaigns import CampaignEvent
from segmenter.dispatchers import Dispatchers
from segmenter.domain.campaigns.campaign import Campaign
from segmenter.domain.campaigns.quarantine import concerning
from segmenter.domain.campaigns.transitions import EVENTS, RUNNING, Action, campaign_event, is_published, next_state
from segmenter.domain.confirmations import DispatcherConfirmation
from segmenter.repository import campaigns, deliveries
from segmenter.repository.projection import ballots
from segmenter.service.access import load_campaign
from segmenter.service.base import Parts, Service
from segmenter.settings import Settings
from sqlmodel.ext.asyncio.session import AsyncSession


class Transitions(Service):
    """What people do to a campaign that is launched or will not be, and its completion."""

    def __init__(self, parts: Parts, dispatchers: Dispatchers) -> None:
        super().__init__(parts)
        self._dispatchers = dispatchers

    async def resume(self, caller: Caller, campaign_id: UUID) -> Campaign:
        """Let a paused campaign go on, by its event alone."""
        _, moved = await self._apply(caller, campaign_id, Action.RESUME)
        return moved

    async def halt(
        self, caller: Caller, campaign_id: UUID, action: Action
    ) -> tuple[Campaign, list[DispatcherConfirmation]]:
        """Pause or cancel a campaign; what the dispatchers confirm of it, if they have it."""
        before, moved = await self._apply(caller, campaign_id, action)
        if not is_published(before.state, action):
            return moved, []
        reason = f"the campaign is {action}"
        return moved, await self._dispatchers.order(campaign_id, moved.version, stopped=True, reason=reason)

    async def _apply(self, caller: Caller, campaign_id: UUID, action: Action) -> tuple[Campaign, Campaign]:
        async with self._database.transaction() as session:
            campaign = await load_campaign(session, caller, campaign_id, for_update=True)
            moved = await transition(session, self._parts, campaign, action)
        self._wakeup.set()
        return campaign, moved

    async def complete_finished(self) -> bool:
        """Complete the campaigns of which everything has ended; True if there were any. Any replica may do it."""
        bounce = timedelta(minutes=self._settings.bounce_minutes)
        async with self._database.transaction() as session:
            finished = await deliveries.finished_campaigns(session, self._clock.now(), bounce)
        for campaign_id in finished:
            with concerning(campaign_id):
                async with self._database.transaction() as session:
                    campaign = await campaigns.one(session, campaign_id, for_update=True)
                    if campaign is not None and campaign.state in RUNNING:
                        await transition(session, self._parts, campaign, Action.COMPLETE)
        return bool(finished)


async def transition(
    session: AsyncSession, parts: Parts, campaign: Campaign, action: Action, **values: object
) -> Campaign:
    """Move a locked campaign on and publish it where dispatchers know of it. Raises Conflict."""
    state, now = next_state(campaign.state, action), parts.clock.now()
    version = campaign.version + 1
    moved = await campaigns.change(
        session, campaign.campaign_id, state=state, version=version, updated_at=now, **values
    )
    if is_published(campaign.state, action):
        event = await snapshot(session, parts.settings, EVENTS[action], moved)
        await put(session, parts.settings.service, [event])
    return moved


async def snapshot(
    session: AsyncSession, settings: Settings, kind: type[CampaignEvent], campaign: Campaign
) -> Outgoing:
    """The event of this kind about a launched campaign, under its present version."""
    poll = await ballots.poll(session, campaign.definition.poll_id) if campaign.definition.poll_id else None
    event = campaign_event(kind, campaign, poll.closes_at if poll else None)
    event_id = settings.ids.event("campaign", campaign.campaign_id, campaign.version)
    return Outgoing(topics.CAMPAIGNS, str(campaign.campaign_id), event, event_id, campaign.updated_at)
