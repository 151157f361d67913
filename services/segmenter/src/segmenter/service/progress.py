"""How a campaign stands: by status, channel and branch."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from chassis.db.database import Database
from chassis.http.auth import Caller
from segmenter.domain.withholding import progress_shown
from segmenter.models.planned import TERMINAL
from segmenter.repository import receipts
from segmenter.service.campaigns import found
from segmenter.service.recent import Recent
from sqlmodel.ext.asyncio.session import AsyncSession


class Progress:
    """Counts what dispatchers have said so far."""

    def __init__(self, database: Database, seconds: float) -> None:
        self._database, self._recent = database, Recent(seconds)

    async def of(self, caller: Caller, campaign_id: UUID) -> dict[str, Any]:
        """A campaign's progress; test sends are campaigns of their own and never in these figures."""
        async with self._database.transaction() as session:
            campaign = await found(session, caller, campaign_id)
        # What a campaign did or was told since then is in figures of their own; nobody waits with a connection in hand.
        since = (campaign.version, campaign.frozen_at)
        figures = await self._recent.of(campaign_id, since, partial(self._counted_for, campaign))
        to_be_guarded = campaign.sensitive and campaign.test_of is None and campaign.frozen_at is not None
        return progress_shown(figures, campaign.approved_recipients) if to_be_guarded else figures

    async def _counted_for(self, campaign: Any) -> dict[str, Any]:
        async with self._database.transaction() as session:
            return await progress(session, campaign)


async def progress(session: AsyncSession, campaign: Any) -> dict[str, Any]:
    """The figures of one campaign."""
    rows = await receipts.tally(session, campaign.campaign_id)
    asked = await receipts.asked_members(session, campaign.campaign_id)
    left = await receipts.fan_out_left(session, campaign.campaign_id)
    size, skips = campaign.audience_size or 0, campaign.planned_skips or {}
    return {
        "campaign_id": campaign.campaign_id,
        "state": campaign.state,
        "test": campaign.test_of is not None,
        "frozen": campaign.frozen_at is not None,
        "fan_out_done": campaign.frozen_at is not None and not left,
        "audience": size,
        "planned_skips": skips,
        "not_requested": size - sum(skips.values()) - asked,
        **_counted(rows),
    }


def _counted(rows: Sequence[Any]) -> dict[str, Any]:
    by_status, skipped = Counter[str](), Counter[str]()
    by_channel: dict[str, Counter[str]] = {}
    by_branch: dict[str | None, Counter[str]] = {}
    for row in rows:
        by_status[row.status] += row.deliveries
        by_channel.setdefault(row.channel, Counter())[row.status] += row.deliveries
        by_branch.setdefault(row.branch, Counter())[row.status] += row.deliveries
        if row.status == "skipped":
            skipped[row.reason] += row.deliveries
    return {
        "requested": sum(by_status.values()),
        "done": sum(by_status[status] for status in TERMINAL),
        "by_status": by_status,
        "skipped": skipped,
        "by_channel": by_channel,
        "by_branch": [
            {"branch": branch, "statuses": statuses}
            for branch, statuses in sorted(by_branch.items(), key=lambda item: item[0] or "")
        ],
    }
