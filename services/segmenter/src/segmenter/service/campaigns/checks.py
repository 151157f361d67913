"""Checks that several methods on campaigns begin with."""

from collections.abc import Sequence
from uuid import UUID

from chassis.clock import Clock
from chassis.errors import Fault, NotFound, Refused
from chassis.http.auth import Caller
from segmenter.domain.branch_access import require_access
from segmenter.domain.campaigns.campaign import Campaign
from segmenter.repository import campaigns
from segmenter.repository.projection import ballots
from segmenter.service.sensitivity import require_scope
from sqlmodel.ext.asyncio.session import AsyncSession


async def load_campaign(
    session: AsyncSession, caller: Caller, campaign_id: UUID, *, for_update: bool = False
) -> Campaign:
    """A campaign that the caller may touch. Raises NotFound, Forbidden."""
    campaign = await campaigns.one(session, campaign_id, for_update=for_update)
    if campaign is None:
        raise NotFound("there is no such campaign")
    require_access(campaign.body, caller.branch)
    if campaign.sensitive:
        require_scope(caller)
    return campaign


async def poll_faults(session: AsyncSession, poll_id: UUID | None, clock: Clock) -> list[Fault]:
    """What is wrong with the poll that a campaign asks; nothing where it asks none."""
    if poll_id is None:
        return []
    poll = await ballots.poll(session, poll_id)
    if poll is None:
        return [Fault("poll_id", "no such poll is known")]
    if poll.state != "open" or poll.closes_at <= clock.now():
        return [Fault("poll_id", "the poll is not open")]
    return []


def refuse(faults: Sequence[Fault]) -> None:
    """Raises Refused with all faults, if there are any."""
    if faults:
        raise Refused("; ".join(f"{fault.field}: {fault.reason}" for fault in faults[:3]), faults=faults)
