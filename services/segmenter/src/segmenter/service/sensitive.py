"""Who may use a sensitive rule."""

from chassis.errors import Forbidden
from chassis.http.auth import Caller
from segmenter.domain import sensitive
from segmenter.domain.rules import Rule
from segmenter.repository import campaigns
from sqlmodel.ext.asyncio.session import AsyncSession


async def is_sensitive(session: AsyncSession, rule: Rule) -> bool:
    """Whether a rule asks for a sensitive interest, itself or by the campaigns and polls it builds on."""
    if sensitive.asks(rule):
        return True
    return await campaigns.any_sensitive(session, sensitive.campaigns_in(rule), sensitive.polls_in(rule))


async def permit(session: AsyncSession, caller: Caller, rule: Rule) -> bool:
    """Whether a rule is sensitive. Raises Forbidden when it is and the caller may not use such."""
    found = await is_sensitive(session, rule)
    if found:
        require(caller, field="rule")
    return found


def require(caller: Caller, *, field: str = "") -> None:
    """Raises Forbidden for a caller without the scope."""
    if sensitive.SCOPE not in caller.scopes:
        raise Forbidden(sensitive.NOT_FOR_CALLER, field=field)
