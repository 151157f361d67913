"""A campaign's life after its draft: approved, launched, paused, resumed, cancelled."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Conflict, Fault, Forbidden, MusterError, PreconditionFailed, Refused
from chassis.http.auth import Caller
from chassis.kafka.outbox import Outgoing, put
from chassis.observability.logs import get
from chassis.observability.tracing import current_traceparent
from contracts import topics
from contracts.enums import CampaignState
from segmenter.domain.announcing import snapshot
from segmenter.domain.campaign import Definition
from segmenter.domain.checking import expired
from segmenter.domain.rules import read_rule
from segmenter.domain.summary import faults_in
from segmenter.domain.transitions import ANNOUNCED, SAID, Deed, after
from segmenter.repository import campaigns, projection, sending
from segmenter.service.campaigns import found, poll_fault, refuse
from segmenter.service.repeating import Bell
from segmenter.service.sensitive import is_sensitive, permit
from segmenter.service.summaries import Summaries
from segmenter.settings import Settings
from sqlmodel.ext.asyncio.session import AsyncSession

log = get(__name__)


class Launching:
    """Verbs that move a campaign on."""

    def __init__(
        self, database: Database, clock: Clock, settings: Settings, summaries: Summaries, wakeup: Bell
    ) -> None:
        self._database, self._clock, self._settings = database, clock, settings
        self._summaries, self._bell = summaries, wakeup

    async def approve(self, caller: Caller, campaign_id: UUID, summary: str) -> Any:
        """Confirm what was shown; a large campaign by somebody who wrote no version of it."""
        async with self._database.transaction() as session:
            campaign = await found(session, caller, campaign_id, to_change=True)
            state = after(campaign.state, Deed.APPROVE)
            shown = self._summaries.confirmed(campaign, summary)
            recipients = int(shown["recipients"])
            if recipients > self._settings.approval_above and caller.client_id in campaign.authors:
                limit = self._settings.approval_above
                raise Forbidden(f"{recipients} recipients are more than {limit}: a second person must approve")
            await self._ready(session, campaign, shown)
            planned = (await self._summaries.plan(session, campaign)).rule
            sensitive, rule = await permit(session, caller, planned), planned.model_dump(mode="json")
            if rule != shown["rule"]:
                raise PreconditionFailed("the segment was changed after the summary", field="summary")
            return await campaigns.change(
                session,
                campaign_id,
                state=state.value,
                rule=rule,
                sensitive=sensitive,
                version=campaign.version + 1,
                summary={**shown, "version": campaign.version + 1},
                approved_by=caller.client_id,
                approved_recipients=recipients,
            )

    async def launch(self, caller: Caller, campaign_id: UUID, summary: str) -> Any:
        """Start it, or let it start by itself at `starts_at`. Raises PreconditionFailed if the audience has grown."""
        async with self._database.transaction() as session:
            campaign = await found(session, caller, campaign_id, to_change=True)
            after(campaign.state, Deed.LAUNCH)
            definition = await self._confirmed(session, campaign, summary)
            if definition.starts_at and definition.starts_at > self._clock.now():
                later = {"starts_at": definition.starts_at, "launched_by": caller.client_id}
                later |= {"traceparent": current_traceparent()}
                return await campaigns.change(session, campaign_id, **later)
            moved = await self._start(session, campaign, caller.client_id)
        self._bell.set()
        return moved

    async def _confirmed(self, session: AsyncSession, campaign: Any, summary: str) -> Definition:
        """What is launched is what was shown, and not more than was approved."""
        shown = self._summaries.confirmed(campaign, summary)
        definition = await self._ready(session, campaign, shown)
        approved, now = campaign.approved_recipients, shown["recipients"]
        if now > approved * (1 + self._settings.audience_growth):
            raise PreconditionFailed(f"approved for {approved} recipients, not for {now}", field="summary")
        await self._summaries.still_holds(session, campaign, now)
        return definition

    async def pause(self, caller: Caller, campaign_id: UUID) -> Any:
        """Nothing more is asked for or claimed until it is resumed."""
        return await self._turn(caller, campaign_id, Deed.PAUSE)

    async def resume(self, caller: Caller, campaign_id: UUID) -> Any:
        """Go on."""
        return await self._turn(caller, campaign_id, Deed.RESUME)

    async def cancel(self, caller: Caller, campaign_id: UUID) -> Any:
        """Stop for good: what has not been claimed is skipped."""
        return await self._turn(caller, campaign_id, Deed.CANCEL)

    async def start_due(self) -> bool:
        """Start the campaigns whose confirmed time has come; True if there were any."""
        async with self._database.transaction() as session:
            stop = await sending.present(session)
            due = [] if stop is not None and stop.stopped else await campaigns.due(session, self._clock.now())
        for campaign_id in due:
            await self._start_alone(campaign_id)
        return bool(due)

    async def _start_alone(self, campaign_id: UUID) -> None:
        async with self._database.transaction() as session:
            campaign = await campaigns.one(session, campaign_id, to_change=True)
            if campaign is None or campaign.state != CampaignState.APPROVED or campaign.starts_at is None:
                return
            try:
                await self._ready(session, campaign, campaign.summary)
                await self._summaries.still_holds(session, campaign, campaign.approved_recipients or 0)
                await self._start(session, campaign, campaign.launched_by)
            except MusterError as error:
                if not isinstance(error, Refused):
                    raise
                log.warning("scheduled start refused", campaign_id=str(campaign_id), reason=error.detail)
                await campaigns.change(session, campaign_id, starts_at=None)

    async def _ready(self, session: AsyncSession, campaign: Any, shown: dict[str, Any]) -> Definition:
        """Refuse what time, the poll, the stop or the rendered audience make wrong."""
        definition = Definition.model_validate(campaign.definition)
        faults: list[Fault] = [*expired(definition, self._clock.now()), *faults_in(shown)]
        refuse([*faults, *await poll_fault(session, definition.poll_id, self._clock)])
        stop = await sending.present(session)
        if stop is not None and stop.stopped:
            raise Conflict("sending is stopped for the whole union")
        return definition

    async def _start(self, session: AsyncSession, campaign: Any, by: str) -> Any:
        return await announce(
            session,
            self._clock,
            self._settings,
            campaign,
            Deed.LAUNCH,
            launched_on=self._clock.now().date(),
            launched_by=by,
            starts_at=None,
            sensitive=campaign.sensitive or await is_sensitive(session, read_rule(campaign.rule)),
            traceparent=campaign.traceparent or current_traceparent(),
        )

    async def _turn(self, caller: Caller, campaign_id: UUID, deed: Deed) -> Any:
        async with self._database.transaction() as session:
            campaign = await found(session, caller, campaign_id, to_change=True)
            moved = await announce(session, self._clock, self._settings, campaign, deed)
        self._bell.set()
        return moved


async def announce(
    session: AsyncSession, clock: Clock, settings: Settings, campaign: Any, deed: Deed, **values: Any
) -> Any:
    """Move a locked campaign on and say so to whoever knows of it. Raises Conflict."""
    state, now = after(campaign.state, deed), clock.now()
    known = deed is Deed.LAUNCH or campaign.state in ANNOUNCED
    moved = await campaigns.change(
        session, campaign.campaign_id, state=state.value, version=campaign.version + 1, updated_at=now, **values
    )
    if known:
        event_id = settings.ids.event("campaign", moved.campaign_id, moved.version)
        event = snapshot(SAID[deed], moved, await _poll_closing(session, moved))
        said = Outgoing(topics.CAMPAIGNS, str(moved.campaign_id), event, event_id, now)
        await put(session, settings.service, [said])
    return moved


async def _poll_closing(session: AsyncSession, campaign: Any) -> datetime | None:
    """When the poll that it asks closes, as far as is known here."""
    poll_id = Definition.model_validate(campaign.definition).poll_id
    poll = await projection.ballot(session, poll_id) if poll_id else None
    return poll.closes_at if poll else None
