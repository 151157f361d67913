"""A campaign approved and launched: each confirms a summary by its hash."""

from collections.abc import Iterable
from uuid import UUID

from chassis.errors import Conflict, Fault, Forbidden, PreconditionFailed, Refused
from chassis.http.auth import Caller
from chassis.observability.logs import get
from chassis.observability.metrics import Metrics
from chassis.observability.tracing import current_traceparent
from contracts.enums import CampaignState
from segmenter.domain.campaigns.campaign import Campaign
from segmenter.domain.campaigns.quarantine import concerning
from segmenter.domain.campaigns.summary import KeptSummary, figure_faults
from segmenter.domain.campaigns.transitions import Action, next_state
from segmenter.domain.campaigns.validation import expiry_faults, start_faults
from segmenter.repository import campaigns, union_stop
from segmenter.service.access import is_sensitive, load_campaign, require_permission
from segmenter.service.base import Parts, Service
from segmenter.service.campaigns.summaries import Summaries
from segmenter.service.campaigns.transitions import transition
from segmenter.service.campaigns.validation import require_valid
from sqlmodel.ext.asyncio.session import AsyncSession

log = get(__name__)


class Launch(Service):
    """Takes a campaign from its draft to its launch."""

    def __init__(self, parts: Parts, summaries: Summaries, metrics: Metrics) -> None:
        super().__init__(parts)
        self._summaries = summaries
        self._blocked = metrics.gauge("campaigns_blocked", "Campaigns whose confirmed start was refused at its time")

    async def approve(self, caller: Caller, campaign_id: UUID, summary_hash: str) -> Campaign:
        """Confirm what was shown; a large campaign needs a person who wrote no version of it."""
        async with self._database.transaction() as session:
            campaign = await load_campaign(session, caller, campaign_id, for_update=True)
            state = next_state(campaign.state, Action.APPROVE)
            summary = self._summaries.confirmed(campaign, summary_hash)
            limit = self._settings.approval_above
            if summary.recipients > limit and caller.client_id in campaign.authors:
                raise Forbidden(f"{summary.recipients} recipients are more than {limit}: a second person must approve")
            await self._check_ready(session, campaign, summary)
            await self._check_not_stopped(session)
            rule = (await self._summaries.plan(session, campaign)).rule
            sensitive = await require_permission(session, caller, rule)
            if rule != summary.rule:
                raise PreconditionFailed("the segment was changed after the summary", field="summary")
            version = campaign.version + 1
            return await campaigns.change(
                session,
                campaign_id,
                state=state,
                rule=rule,
                sensitive=sensitive,
                version=version,
                summary=summary.model_copy(update={"version": version}),
                starts_at=None,
                blocked_reason=None,
                approved_by=caller.client_id,
                approved_recipients=summary.recipients,
            )

    async def launch(self, caller: Caller, campaign_id: UUID, summary_hash: str, *, at_once: bool = False) -> Campaign:
        """Start it, or let it start by itself at `starts_at`. Raises PreconditionFailed if the audience has grown."""
        async with self._database.transaction() as session:
            campaign = await load_campaign(session, caller, campaign_id, for_update=True)
            next_state(campaign.state, Action.LAUNCH)
            summary = self._summaries.confirmed(campaign, summary_hash)
            starts_at, now = None if at_once else campaign.definition.starts_at, self._clock.now()
            await self._check_ready(
                session, campaign, summary, [] if at_once else start_faults(campaign.definition, now)
            )
            await self._check_not_stopped(session)
            approved = campaign.approved_recipients or 0
            if not self._settings.growth_tolerance.allows(approved, summary.recipients):
                reason = f"approved for {approved} recipients, not for {summary.recipients}"
                raise PreconditionFailed(reason, field="summary")
            await self._summaries.check_growth(session, campaign, summary.recipients)
            if starts_at:
                start = {"starts_at": starts_at, "launched_by": caller.client_id, "traceparent": current_traceparent()}
                return await campaigns.change(session, campaign_id, **start)
            launched = await self._start(session, campaign, caller.client_id)
        self._wakeup.set()
        return launched

    async def start_due(self) -> bool:
        """Start the campaigns whose confirmed time has come, urgent ones first; True if there were any. One whose time
        was missed starts late, if it has not expired."""
        async with self._database.transaction() as session:
            stop = await union_stop.present(session)
            due = [] if stop.stopped else await campaigns.due(session, self._clock.now())
            self._blocked.set(await campaigns.count_blocked(session))
        for campaign_id in due:
            with concerning(campaign_id):
                await self._start_scheduled(campaign_id)
        return bool(due)

    def resign(self) -> None:
        """Another worker counts from now on."""
        self._blocked.set(0)

    async def _start_scheduled(self, campaign_id: UUID) -> None:
        async with self._database.transaction() as session:
            campaign = await campaigns.one(session, campaign_id, for_update=True)
            if campaign is None or campaign.state != CampaignState.APPROVED or campaign.starts_at is None:
                return
            if (await union_stop.present(session)).stopped:
                return
            try:
                await self._check_ready(session, campaign, campaign.summary)
                await self._summaries.check_growth(session, campaign, campaign.approved_recipients or 0)
            except Refused as error:
                await self._block(session, campaign, error.detail)
                return
            late = (self._clock.now() - campaign.starts_at).total_seconds()
            late_seconds = int(late) if late > self._settings.late_start_seconds else None
            if late_seconds is not None:
                log.warning("scheduled start made up", campaign_id=str(campaign_id), late_seconds=late_seconds)
            await self._start(session, campaign, campaign.launched_by, late_seconds=late_seconds)

    async def _block(self, session: AsyncSession, campaign: Campaign, reason: str) -> None:
        log.error("scheduled start blocked", campaign_id=str(campaign.campaign_id), reason=reason)
        self._blocked.inc()
        await transition(session, self._parts, campaign, Action.BLOCK, blocked_reason=reason, starts_at=None)

    async def _check_ready(
        self, session: AsyncSession, campaign: Campaign, summary: KeptSummary | None, faults: Iterable[Fault] = ()
    ) -> None:
        """Refuse what time, the poll or the rendered audience make wrong, and these faults."""
        now = self._clock.now()
        found = [*faults, *expiry_faults(campaign.definition, now)]
        if summary is not None:
            found += figure_faults(summary, sensitive=summary.sensitive)
        await require_valid(session, campaign.definition, now, found)

    async def _check_not_stopped(self, session: AsyncSession) -> None:
        if (await union_stop.present(session)).stopped:
            raise Conflict("sending is stopped for the whole union")

    async def _start(
        self, session: AsyncSession, campaign: Campaign, launched_by: str | None, late_seconds: int | None = None
    ) -> Campaign:
        assert campaign.rule is not None
        return await transition(
            session,
            self._parts,
            campaign,
            Action.LAUNCH,
            launched_on=self._clock.now().date(),
            launched_by=launched_by,
            late_seconds=late_seconds,
            starts_at=None,
            sensitive=campaign.sensitive or await is_sensitive(session, campaign.rule),
            traceparent=campaign.traceparent or current_traceparent(),
        )
