"""The pre-launch summary: computed, shown, kept, and later confirmed by its hash."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Conflict, NotFound, PreconditionFailed
from chassis.http.auth import Caller
from contracts.enums import CampaignState, LinkPurpose
from segmenter.domain.campaign import Definition
from segmenter.domain.plan import Plan
from segmenter.domain.rules import read_rule, within
from segmenter.domain.summary import Group, Rendered, faults_in, fields_used, figures, hash_of
from segmenter.domain.withholding import summary_shown
from segmenter.repository import campaigns, planning, segments
from segmenter.service.campaigns import found
from segmenter.service.sensitive import permit
from segmenter.settings import Settings
from sqlmodel.ext.asyncio.session import AsyncSession

_GROUP_FIELDS = ("given_name", "branch", "region", "job", "employer")
_BEFORE_LAUNCH = frozenset({CampaignState.DRAFT, CampaignState.APPROVED})


class Summaries:
    """Computes summaries and checks what was confirmed against them."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database, self._clock, self._settings = database, clock, settings

    async def summarise(self, caller: Caller, campaign_id: UUID) -> dict[str, Any]:
        """What a launch would do now. It is kept: the last one is what approve and launch confirm."""
        async with self._database.transaction() as session:
            campaign = await found(session, caller, campaign_id)
            if campaign.state not in _BEFORE_LAUNCH:
                raise Conflict(f"the campaign is {campaign.state} already", field="state")
            definition = Definition.model_validate(campaign.definition)
            plan = await self.plan(session, campaign)
            sensitive = await permit(session, caller, plan.rule)
            skipped = await planning.skipped(session, plan)
            fields = [name for name in _GROUP_FIELDS if name in fields_used(definition)]
            groups = planning.groups(session, plan, fields, self._settings.summary_batch)
            rendered = await self._render(campaign_id, definition, fields, groups)
        recipients = skipped.pop(None, 0)
        reasons = {str(reason): count for reason, count in skipped.items()}
        shown = {
            **figures(rendered, reasons, recipients, self._settings.tariff),
            "rule": plan.rule.model_dump(mode="json"),
            "sensitive": sensitive,
        }
        return summary_shown(await self._keep(campaign, shown))

    async def last(self, caller: Caller, campaign_id: UUID) -> dict[str, Any]:
        """The summary that approve and launch confirm. Raises NotFound while there is none."""
        async with self._database.transaction() as session:
            kept: dict[str, Any] | None = (await found(session, caller, campaign_id)).summary
        if kept is None:
            raise NotFound("no summary has been computed")
        return summary_shown(kept)

    async def plan(self, session: AsyncSession, campaign: Any) -> Plan:
        """The campaign's plan: by the rule it was approved with, before that by its segment as it is now."""
        definition, rule = Definition.model_validate(campaign.definition), campaign.rule
        if rule is None:
            segment = await segments.one(session, definition.segment_id)
            if segment is None:
                raise NotFound("the campaign's segment is gone")
            rule = within(read_rule(segment.rule), definition.body).model_dump(mode="json")
        now = self._clock.now()
        return Plan.of(definition, read_rule(rule), now.date(), self._settings.fatigue(definition, now))

    def confirmed(self, campaign: Any, given: str) -> dict[str, Any]:
        """The kept summary, if `given` is its hash and it is still good. Raises PreconditionFailed."""
        kept: dict[str, Any] | None = campaign.summary
        if kept is None or kept["hash"] != given:
            raise PreconditionFailed("this is not the hash of the campaign's last summary", field="summary")
        age = self._clock.now() - datetime.fromisoformat(kept["computed_at"])
        if age > timedelta(minutes=self._settings.summary_minutes):
            raise PreconditionFailed("the summary is too old: compute it again", field="summary")
        return kept

    async def still_holds(self, session: AsyncSession, campaign: Any, recipients: int) -> None:
        """Raises PreconditionFailed when the audience has grown beyond what was shown."""
        now = (await planning.skipped(session, await self.plan(session, campaign))).get(None, 0)
        if now > recipients * (1 + self._settings.audience_growth):
            raise PreconditionFailed(f"the audience has grown from {recipients} to {now}", field="summary")

    async def _render(
        self, campaign_id: UUID, definition: Definition, fields: list[str], groups: AsyncGenerator[Sequence[Any], None]
    ) -> Rendered:
        """Only the sums are kept; no more than a batch of the audience is in memory at a time."""
        rendered = Rendered(definition, self._links(campaign_id, definition))
        async with aclosing(groups):
            async for rows in groups:
                await asyncio.to_thread(rendered.add, [_group(row, fields) for row in rows])
        return rendered

    def _links(self, campaign_id: UUID, definition: Definition) -> dict[str, str]:
        """Links of the length that members will get."""
        settings, expiry = self._settings, definition.expires_at
        links = {"unsubscribe_link": settings.links.sign("unsubscribe", campaign_id, expires_at=expiry)}
        if definition.poll_id:
            token = settings.links.sign(LinkPurpose.ANSWER, definition.poll_id, campaign_id, expires_at=expiry)
            links["poll_link"] = f"{settings.ballot_url or settings.public_url}/answer/{token}"
        return links

    async def _keep(self, campaign: Any, shown: dict[str, Any]) -> dict[str, Any]:
        computed_at = self._clock.now()
        summary = {
            "campaign_id": str(campaign.campaign_id),
            "version": campaign.version,
            "hash": hash_of(campaign.campaign_id, campaign.version, computed_at, shown),
            "computed_at": computed_at.isoformat(),
            **shown,
            "needs_second_person": shown["recipients"] > self._settings.approval_above,
            "faults": [{"field": fault.field, "reason": fault.reason} for fault in faults_in(shown)],
        }
        async with self._database.transaction() as session:
            present = await campaigns.one(session, campaign.campaign_id, to_change=True)
            if present is None or present.version != campaign.version:
                raise Conflict("the campaign was changed meanwhile")
            await campaigns.change(session, campaign.campaign_id, summary=summary, sensitive=shown["sensitive"])
        return summary


def _group(row: Any, fields: list[str]) -> Group:
    values = {name: getattr(row, f"merge_{name}") or "" for name in fields}
    return Group(channel=row.channel, language=row.language, values=values, members=row.members)
