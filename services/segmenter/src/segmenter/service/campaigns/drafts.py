"""Campaigns while they are being written."""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

from chassis.errors import Forbidden, Refused
from chassis.http.auth import Caller
from chassis.http.etags import Expected
from contracts.enums import CampaignState
from contracts.scopes import SENSITIVE_SCOPE
from segmenter.domain.branch_access import owning_body, require_access
from segmenter.domain.campaigns.campaign import Campaign
from segmenter.domain.campaigns.definition import CampaignDefinition
from segmenter.domain.campaigns.quarantine import UnreadableCampaign
from segmenter.domain.campaigns.transitions import Action, next_state
from segmenter.domain.campaigns.validation import definition_faults, start_faults
from segmenter.repository import campaigns, segments
from segmenter.repository.projection import ballots
from segmenter.service.access import load_campaign, require_permission
from segmenter.service.base import Service
from segmenter.service.campaigns.validation import require_valid
from sqlmodel.ext.asyncio.session import AsyncSession

_POLL_LOOKUP_SECONDS = 0.2
_SCOPES = {"passes_quiet_hours": "campaigns:pass-quiet-hours", "urgent": "campaigns:urgent"}
"""What a definition may set only with a scope of its own."""


class Drafts(Service):
    """Campaigns written, rewritten and read."""

    async def create(self, caller: Caller, definition: CampaignDefinition) -> Campaign:
        """A draft. Raises Refused with every fault at once."""
        now = self._clock.now()
        await self._wait_for_poll(definition.poll_id)
        async with self._database.transaction() as session:
            complete, sensitive = await self._check(session, caller, definition)
            campaign = Campaign.drafted(uuid4(), complete, by=caller.client_id, at=now, sensitive=sensitive)
            await campaigns.add(session, campaign)
        return campaign

    async def replace(
        self, caller: Caller, campaign_id: UUID, expected: Expected, definition: CampaignDefinition
    ) -> Campaign:
        """A new version, a draft again: what was approved was another text."""
        await self._wait_for_poll(definition.poll_id)
        async with self._database.transaction() as session:
            campaign = await load_campaign(session, caller, campaign_id, for_update=True)
            expected.must_match(campaign.version)
            state = next_state(campaign.state, Action.EDIT)
            complete, sensitive = await self._check(session, caller, definition)
            return await campaigns.change(
                session,
                campaign_id,
                version=campaign.version + 1,
                state=state,
                definition=complete,
                sensitive=sensitive,
                updated_by=caller.client_id,
                updated_at=self._clock.now(),
                authors=sorted({*campaign.authors, caller.client_id}),
                approved_by=None,
                approved_recipients=None,
                starts_at=None,
                blocked_reason=None,
                summary=None,
                rule=None,
            )

    async def one(self, caller: Caller, campaign_id: UUID) -> Campaign:
        """A campaign. Raises NotFound, Forbidden."""
        async with self._database.transaction() as session:
            return await load_campaign(session, caller, campaign_id)

    async def page(
        self, caller: Caller, state: CampaignState | None, after: UUID | None, limit: int
    ) -> Sequence[Campaign | UnreadableCampaign]:
        """The caller's campaigns, in one state if it is named; sensitive ones for who may use them."""
        sensitive = SENSITIVE_SCOPE in caller.scopes
        async with self._database.transaction() as session:
            return await campaigns.page(session, caller.branch, state, after, limit, sensitive=sensitive)

    async def _wait_for_poll(self, poll_id: UUID | None) -> None:
        """Give a poll that was opened a moment ago the time to arrive in the projection."""
        if poll_id is None:
            return
        for _ in range(int(self._settings.poll_patience_seconds / _POLL_LOOKUP_SECONDS)):
            async with self._database.transaction() as session:
                if await ballots.poll(session, poll_id) is not None:
                    return
            await asyncio.sleep(_POLL_LOOKUP_SECONDS)

    async def _check(
        self, session: AsyncSession, caller: Caller, definition: CampaignDefinition
    ) -> tuple[CampaignDefinition, bool]:
        """The definition with its union body, and whether it is sensitive. Raises Refused, Forbidden."""
        for field, scope in _SCOPES.items():
            if getattr(definition, field) and scope not in caller.scopes:
                raise Forbidden(f"the token lacks the scope {scope}", field=field)
        segment = await segments.one(session, definition.segment_id)
        if segment is None:
            raise Refused("there is no such segment", field="segment_id")
        require_access(segment.body, caller.branch)
        sensitive = await require_permission(session, caller, segment.rule)
        body = owning_body(definition.body, caller.branch)
        if segment.body is not None and body not in (None, segment.body):
            raise Refused(f"the segment belongs to {segment.body}", field="body")
        complete = definition.model_copy(update={"body": body or segment.body})
        # In a thread: parsing a megabyte of texts must not block the event loop.
        now = self._clock.now()
        faults = [*start_faults(complete, now), *await asyncio.to_thread(definition_faults, complete, now)]
        await require_valid(session, complete, now, faults)
        return complete, sensitive
