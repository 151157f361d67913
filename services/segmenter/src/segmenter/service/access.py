"""Who may touch a campaign, and use a sensitive rule."""

from uuid import UUID

from chassis.errors import Conflict, Forbidden, NotFound
from chassis.http.auth import Caller
from contracts.scopes import SENSITIVE_SCOPE
from segmenter.domain.branch_access import require_access
from segmenter.domain.campaigns.campaign import Campaign
from segmenter.domain.campaigns.quarantine import CampaignFailed
from segmenter.domain.segments.rules import Rule
from segmenter.domain.segments.sensitivity import NOT_FOR_CALLER, campaigns_in, names_sensitive_interest, polls_in
from segmenter.repository import campaigns
from sqlmodel.ext.asyncio.session import AsyncSession


async def load_campaign(
    session: AsyncSession, caller: Caller, campaign_id: UUID, *, for_update: bool = False
) -> Campaign:
    """A campaign that the caller may touch. Raises NotFound, Forbidden, Conflict."""
    try:
        campaign = await campaigns.one(session, campaign_id, for_update=for_update)
    except CampaignFailed as failure:
        raise Conflict(f"{failure.reason}; each dispatcher can stop it: POST /sending/stop with its id") from failure
    if campaign is None:
        raise NotFound("there is no such campaign")
    require_access(campaign.definition.body, caller.branch)
    if campaign.sensitive and SENSITIVE_SCOPE not in caller.scopes:
        raise Forbidden(NOT_FOR_CALLER)
    return campaign


async def is_sensitive(session: AsyncSession, rule: Rule) -> bool:
    """Whether a rule asks for a sensitive interest, itself or by the campaigns and polls it builds on."""
    if names_sensitive_interest(rule):
        return True
    return await campaigns.any_sensitive(session, campaigns_in(rule), polls_in(rule))


async def require_permission(session: AsyncSession, caller: Caller, rule: Rule) -> bool:
    """Whether a rule is sensitive. Raises Forbidden when it is and the caller may not use such rules."""
    sensitive = await is_sensitive(session, rule)
    if sensitive and SENSITIVE_SCOPE not in caller.scopes:
        raise Forbidden(NOT_FOR_CALLER, field="rule")
    return sensitive
