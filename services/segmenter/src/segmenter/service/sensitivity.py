"""Who may use a sensitive rule."""

from chassis.errors import Forbidden
from chassis.http.auth import Caller
from segmenter.domain.segments.rules import Rule
from segmenter.domain.segments.sensitivity import (
    NOT_FOR_CALLER,
    SCOPE,
    campaigns_in,
    names_sensitive_interest,
    polls_in,
)
from segmenter.repository import campaigns
from sqlmodel.ext.asyncio.session import AsyncSession


async def is_sensitive(session: AsyncSession, rule: Rule) -> bool:
    """Whether a rule asks for a sensitive interest, itself or by the campaigns and polls it builds on."""
    if names_sensitive_interest(rule):
        return True
    return await campaigns.any_sensitive(session, campaigns_in(rule), polls_in(rule))


async def require_permission(session: AsyncSession, caller: Caller, rule: Rule) -> bool:
    """Whether a rule is sensitive. Raises Forbidden when it is and the caller may not use such rules."""
    sensitive = await is_sensitive(session, rule)
    if sensitive:
        require_scope(caller, field="rule")
    return sensitive


def require_scope(caller: Caller, *, field: str = "") -> None:
    """Raises Forbidden for a caller without the scope for sensitive rules."""
    if SCOPE not in caller.scopes:
        raise Forbidden(NOT_FOR_CALLER, field=field)
