"""Campaign snapshots of this process, decoded once a version."""

from collections.abc import Mapping
from uuid import UUID

from contracts.campaigns import CampaignEvent
from dispatch.repository import claim
from sqlmodel.ext.asyncio.session import AsyncSession

_MOST = 500


class Campaigns:
    """Keeps the latest versions asked for; old ones fall out."""

    def __init__(self) -> None:
        self._kept: dict[UUID, CampaignEvent] = {}

    async def load(self, session: AsyncSession, versions: Mapping[UUID, int]) -> dict[UUID, CampaignEvent]:
        """The campaigns in exactly these versions, or newer where one was stored meanwhile."""
        for campaign_id, version in versions.items():
            kept = self._kept.pop(campaign_id, None)
            if kept is None or kept.version != version:
                kept = await claim.campaign(session, campaign_id)
            if kept is not None:
                self._kept[campaign_id] = kept
        while len(self._kept) > _MOST:
            del self._kept[next(iter(self._kept))]
        return {campaign_id: self._kept[campaign_id] for campaign_id in versions if campaign_id in self._kept}
