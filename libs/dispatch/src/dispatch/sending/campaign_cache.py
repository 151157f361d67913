"""Campaign snapshots of this process, decoded once a version."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from contracts.campaigns import CampaignEvent
from dispatch.sending import claim_sql
from sqlmodel.ext.asyncio.session import AsyncSession

_MOST = 500


class CampaignCache:
    """Keeps the latest versions asked for; old ones fall out."""

    def __init__(self) -> None:
        self._kept: dict[UUID, CampaignEvent] = {}

    async def load(
        self, session: AsyncSession, versions: Mapping[UUID, int]
    ) -> tuple[dict[UUID, CampaignEvent], dict[UUID, Exception]]:
        """The campaigns in exactly these versions, or newer where one was stored meanwhile; and what reading those
        raised that cannot be read."""
        known = {key: kept for key, version in versions.items() if (kept := self._in(key, version)) is not None}
        stored, faults = await self._stored(session, [key for key in versions if key not in known])
        wanted = known | stored
        for campaign_id in wanted:
            self._kept.pop(campaign_id, None)
        self._kept |= wanted
        while len(self._kept) > _MOST:
            del self._kept[next(iter(self._kept))]
        return wanted, faults

    def _in(self, campaign_id: UUID, version: int) -> CampaignEvent | None:
        kept = self._kept.get(campaign_id)
        return kept if kept is not None and kept.version == version else None

    @staticmethod
    async def _stored(
        session: AsyncSession, wanted: Sequence[UUID]
    ) -> tuple[dict[UUID, CampaignEvent], dict[UUID, Exception]]:
        return await claim_sql.campaigns(session, wanted) if wanted else ({}, {})
