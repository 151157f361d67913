"""A campaign moved from one state to the next, and the event that says so."""

from datetime import datetime
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.http.auth import Caller
from chassis.kafka.outbox import Outgoing, put
from chassis.wakeup import Wakeup
from contracts import topics
from segmenter.domain.campaigns.campaign import Campaign
from segmenter.domain.campaigns.events import campaign_event
from segmenter.domain.campaigns.transitions import EVENTS, Action, is_published, next_state
from segmenter.repository import campaigns
from segmenter.repository.projection import ballots
from segmenter.service.campaigns.checks import load_campaign
from segmenter.settings import Settings
from sqlmodel.ext.asyncio.session import AsyncSession


class Transitions:
    """What is done to a campaign that is launched, or will not be."""

    def __init__(self, database: Database, clock: Clock, settings: Settings, wakeup: Wakeup) -> None:
        self._database, self._clock, self._settings, self._wakeup = database, clock, settings, wakeup

    async def pause(self, caller: Caller, campaign_id: UUID) -> Campaign:
        """Nothing more is asked for or claimed until it is resumed."""
        return await self._apply(caller, campaign_id, Action.PAUSE)

    async def resume(self, caller: Caller, campaign_id: UUID) -> Campaign:
        """Deliveries go on."""
        return await self._apply(caller, campaign_id, Action.RESUME)

    async def cancel(self, caller: Caller, campaign_id: UUID) -> Campaign:
        """The end: what has not been claimed is skipped."""
        return await self._apply(caller, campaign_id, Action.CANCEL)

    async def _apply(self, caller: Caller, campaign_id: UUID, action: Action) -> Campaign:
        async with self._database.transaction() as session:
            campaign = await load_campaign(session, caller, campaign_id, for_update=True)
            moved = await transition(session, self._clock, self._settings, campaign, action)
        self._wakeup.set()
        return moved


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
