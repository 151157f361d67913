"""The summary before a launch: computed, shown, kept, and later confirmed by its hash."""

import asyncio
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

from chassis.errors import Conflict, NotFound, PreconditionFailed
from chassis.http.auth import Caller
from contracts.enums import LinkPurpose
from segmenter.domain.audience_plan import AudiencePlan
from segmenter.domain.campaigns.campaign import Campaign
from segmenter.domain.campaigns.definition import CampaignDefinition
from segmenter.domain.campaigns.rendering import RenderedAudience, fields_used
from segmenter.domain.campaigns.summary import (
    CampaignFault,
    KeptSummary,
    SummaryFigures,
    figure_faults,
    summary_figures,
    summary_hash,
)
from segmenter.domain.campaigns.transitions import UNLAUNCHED
from segmenter.domain.segments.rules import Rule, within
from segmenter.repository import audiences, campaigns, segments
from segmenter.repository.audience_plan import COLUMN_OF_FIELD
from segmenter.service.access import load_campaign, require_permission
from segmenter.service.base import Service
from sqlmodel.ext.asyncio.session import AsyncSession


class Summaries(Service):
    """Computes summaries and checks what was confirmed against them."""

    async def compute(self, caller: Caller, campaign_id: UUID) -> KeptSummary:
        """What a launch would do now. It is kept: the last one is what approve and launch confirm."""
        async with self._database.transaction() as session:
            campaign = await load_campaign(session, caller, campaign_id)
            if campaign.state not in UNLAUNCHED:
                raise Conflict(f"the campaign is {campaign.state} already", field="state")
            plan = await self.plan(session, campaign)
            sensitive = await require_permission(session, caller, plan.rule)
            skipped = await audiences.count_by_skip_reason(session, plan)
            fields = [name for name in COLUMN_OF_FIELD if name in fields_used(campaign.definition)]
            rendered = RenderedAudience(campaign.definition, self._links(campaign_id, campaign.definition))
            # Only the sums are kept: no more than a batch of the audience is in memory at a time.
            async with aclosing(audiences.groups(session, plan, fields, self._settings.summary_batch)) as batches:
                async for batch in batches:
                    await asyncio.to_thread(rendered.add, batch)
        recipients = skipped.pop(None, 0)
        reasons = {str(reason): count for reason, count in skipped.items()}
        figures = summary_figures(rendered, reasons, recipients, self._settings.tariff)
        return await self._keep(campaign, figures, plan.rule, sensitive=sensitive)

    async def last(self, caller: Caller, campaign_id: UUID) -> KeptSummary:
        """The summary that approve and launch confirm. Raises NotFound while there is none."""
        async with self._database.transaction() as session:
            summary = (await load_campaign(session, caller, campaign_id)).summary
        if summary is None:
            raise NotFound("no summary has been computed")
        return summary

    async def plan(self, session: AsyncSession, campaign: Campaign) -> AudiencePlan:
        """The campaign's plan: by the rule it was approved with, before that by its segment as it is now."""
        definition, rule = campaign.definition, campaign.rule
        if rule is None:
            segment = await segments.one(session, definition.segment_id)
            if segment is None:
                raise NotFound("the campaign's segment is gone")
            rule = within(segment.rule, definition.body)
        now = self._clock.now()
        return AudiencePlan(definition, rule, self._clock.today(), self._settings.fatigue_cap(definition, now))

    def confirmed(self, campaign: Campaign, given_hash: str) -> KeptSummary:
        """The kept summary, if this is its hash and it is recent. Raises PreconditionFailed."""
        summary = campaign.summary
        if summary is None or summary.hash != given_hash:
            raise PreconditionFailed("this is not the hash of the campaign's last summary", field="summary")
        if self._clock.now() - summary.computed_at > timedelta(minutes=self._settings.summary_minutes):
            raise PreconditionFailed("the summary is too old: compute it again", field="summary")
        return summary

    async def check_growth(self, session: AsyncSession, campaign: Campaign, recipients: int) -> None:
        """Raises PreconditionFailed when the audience has grown beyond what was shown."""
        now = (await audiences.count_by_skip_reason(session, await self.plan(session, campaign))).get(None, 0)
        if not self._settings.growth_tolerance.allows(recipients, now):
            figures = "" if campaign.sensitive else f" from {recipients} to {now}"
            raise PreconditionFailed(f"the audience has grown{figures}", field="summary")

    def _links(self, campaign_id: UUID, definition: CampaignDefinition) -> dict[str, str]:
        """Links of the length that members will get."""
        settings, expiry = self._settings, definition.expires_at
        links = {"unsubscribe_link": settings.links.sign("unsubscribe", campaign_id, expires_at=expiry)}
        if definition.poll_id:
            token = settings.links.sign(LinkPurpose.ANSWER, definition.poll_id, campaign_id, expires_at=expiry)
            links["poll_link"] = f"{settings.ballot_url or settings.public_url}/answer/{token}"
        return links

    async def _keep(self, campaign: Campaign, figures: SummaryFigures, rule: Rule, *, sensitive: bool) -> KeptSummary:
        computed_at = self._clock.now()
        faults = figure_faults(figures, sensitive=sensitive)
        summary = KeptSummary(
            **dict(figures),
            campaign_id=campaign.campaign_id,
            version=campaign.version,
            hash=summary_hash(campaign.campaign_id, campaign.version, computed_at, figures, rule),
            computed_at=computed_at,
            rule=rule,
            sensitive=sensitive,
            needs_second_person=figures.recipients > self._settings.approval_above,
            faults=[CampaignFault(field=fault.field, reason=fault.reason) for fault in faults],
        )
        async with self._database.transaction() as session:
            present = await campaigns.one(session, campaign.campaign_id, for_update=True)
            if present is None or present.version != campaign.version:
                raise Conflict("the campaign was changed meanwhile")
            await campaigns.change(session, campaign.campaign_id, summary=summary, sensitive=sensitive)
        return summary
