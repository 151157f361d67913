"""Campaign snapshots of this process, decoded once a version."""

from collections.abc import Mapping
from uuid import UUID

from contracts.events.campaigns import CampaignEvent
from dispatch.sending import claim_sql
from sqlmodel.ext.asyncio.session import AsyncSession

_MOST = 500


class CampaignCache:
    """Keeps the campaigns that were loaded last."""

    def __init__(self) -> None:
        self._kept: dict[UUID, CampaignEvent] = {}

    async def load(
        self, session: AsyncSession, versions: Mapping[UUID, int]
    ) -> tuple[dict[UUID, CampaignEvent], dict[UUID, Exception]]:
        """The campaigns in exactly these versions, or newer where one was stored meanwhile; and for those that cannot
        be read, the error."""
        wanted = {key: kept for key in versions if (kept := self._kept.get(key)) and kept.version == versions[key]}
        faults: dict[UUID, Exception] = {}
        if missing := [key for key in versions if key not in wanted]:
            stored, faults = await claim_sql.campaigns(session, missing)
            wanted |= stored
        older = {key: kept for key, kept in self._kept.items() if key not in wanted}
        self._kept = dict(list((older | wanted).items())[-_MOST:])
        return wanted, faults
