"""How a campaign stands; the figures are kept for a few seconds, so that many who watch it have it counted once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar
from uuid import UUID

from chassis.http.auth import Caller
from segmenter.domain.campaigns.campaign import Campaign
from segmenter.domain.progress import ProgressFigures, campaign_progress
from segmenter.repository import deliveries
from segmenter.service.access import load_campaign
from segmenter.service.base import Parts, Service

T = TypeVar("T")


@dataclass(slots=True)
class _Entry(Generic[T]):
    """What was counted last, in which state of the campaign, and until when it is given (the loop's time)."""

    counting: asyncio.Lock = field(default_factory=asyncio.Lock)
    state: object = None
    until: float = 0.0
    figures: T | None = None


class ProgressCache(Generic[T]):
    """The last figures of each id, for `max_age` seconds. One count at a time for an id: other callers wait for
    it. This process's own; another replica counts for itself."""

    def __init__(self, max_age: float) -> None:
        self._max_age, self._entries = max_age, dict[UUID, _Entry[T]]()

    async def get(self, key: UUID, state: object, count: Callable[[], Awaitable[T]]) -> T:
        """The figures of `key`; counted anew when they are too old, or were counted in another state."""
        now = asyncio.get_running_loop().time
        idle = [each for each, entry in self._entries.items() if now() >= entry.until and not entry.counting.locked()]
        for each in idle:
            del self._entries[each]
        entry = self._entries.setdefault(key, _Entry())
        async with entry.counting:
            figures = entry.figures
            if figures is None or entry.state != state or now() >= entry.until:
                entry.figures = figures = await count()
                entry.state, entry.until = state, now() + self._max_age
            return figures


class CampaignProgress(Service):
    """Counts what dispatchers have published so far."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._cache: ProgressCache[ProgressFigures] = ProgressCache(parts.settings.progress_seconds)

    async def of(self, caller: Caller, campaign_id: UUID) -> ProgressFigures:
        """A campaign's progress; test sends are campaigns of their own and never in these figures."""
        async with self._database.transaction() as session:
            campaign = await load_campaign(session, caller, campaign_id)
        # Figures of an earlier version of the campaign are never given. No connection is held while waiting.
        state = (campaign.version, campaign.frozen_at)
        return await self._cache.get(campaign_id, state, partial(self._count, campaign))

    async def _count(self, campaign: Campaign) -> ProgressFigures:
        async with self._database.transaction() as session:
            return campaign_progress(
                campaign,
                await deliveries.delivery_counts(session, campaign.campaign_id),
                members_requested=await deliveries.members_requested(session, campaign.campaign_id),
                fanned_out=await deliveries.is_fanned_out(session, campaign.campaign_id),
            )
