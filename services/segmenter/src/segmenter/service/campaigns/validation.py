"""What is wrong with a campaign when something is done to it: its own faults, and those of the poll that it asks."""

from collections.abc import Iterable
from datetime import datetime

from chassis.errors import Fault, Refused
from segmenter.domain.campaigns.definition import CampaignDefinition
from segmenter.repository.projection import ballots
from sqlmodel.ext.asyncio.session import AsyncSession


async def require_valid(
    session: AsyncSession, definition: CampaignDefinition, now: datetime, faults: Iterable[Fault]
) -> None:
    """Raises Refused with these faults and those of the poll, if there are any."""
    found = [*faults, *await _poll_faults(session, definition, now)]
    if found:
        raise Refused("; ".join(f"{fault.field}: {fault.reason}" for fault in found[:3]), faults=found)


async def _poll_faults(session: AsyncSession, definition: CampaignDefinition, now: datetime) -> list[Fault]:
    if definition.poll_id is None:
        return []
    poll = await ballots.poll(session, definition.poll_id)
    if poll is None:
        return [Fault("poll_id", "no such poll is known")]
    return [] if poll.state == "open" and poll.closes_at > now else [Fault("poll_id", "the poll is not open")]
