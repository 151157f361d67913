"""How a campaign stands: by status, channel and branch."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.auth import Caller
from chassis.database import Database
from segmenter.domain.withholding import progress_shown
from segmenter.models.planned import TERMINAL
from segmenter.repository import receipts
from segmenter.service.campaigns import found
from sqlmodel.ext.asyncio.session import AsyncSession


class Progress:
    """Counts what dispatchers have said so far."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, caller: Caller, campaign_id: UUID) -> dict[str, Any]:
        """A campaign's progress; test sends are campaigns of their own and never in these figures."""
        async with self._database.transaction() as session:
            campaign = await found(session, caller, campaign_id)
            figures = await progress(session, campaign)
        to_be_guarded = campaign.sensitive and campaign.test_of is None and campaign.frozen_at is not None
        return progress_shown(figures, campaign.approved_recipients) if to_be_guarded else figures


async def progress(session: AsyncSession, campaign: Any) -> dict[str, Any]:
    """The figures of one campaign."""
    campaign_id = campaign.campaign_id
    skips = campaign.planned_skips or {}
    rows = await receipts.tally(session, campaign_id)
    asked = await receipts.asked_members(session, campaign_id)
    size = campaign.audience_size or 0
    return {
        "campaign_id": campaign_id,
        "state": campaign.state,
        "test": campaign.test_of is not None,
        "frozen": campaign.frozen_at is not None,
        "fan_out_done": campaign.frozen_at is not None and not await receipts.fan_out_left(session, campaign_id),
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
