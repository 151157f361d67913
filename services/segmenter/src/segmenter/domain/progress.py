"""How a campaign stands: its deliveries by status, channel and branch."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from contracts.enums import CampaignState
from pydantic import Field
from segmenter.domain.campaigns.campaign import Campaign
from segmenter.domain.deliveries import TERMINAL
from segmenter.domain.fields import CountsByStatus, ResponseModel


class DeliveryCount(NamedTuple):
    """So many deliveries of one channel, branch, status and reason."""

    channel: str
    branch: str | None
    status: str
    reason: str
    deliveries: int


class BranchProgress(ResponseModel):
    """Deliveries to the members of one branch."""

    branch: str | None = Field(description="Id of the branch; null for members of none.", examples=["leeds"])
    statuses: CountsByStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressFigures:
    """The figures of one campaign. `sensitive`: what counts a few people is not to be shown."""

    campaign_id: UUID
    state: CampaignState
    test: bool
    frozen: bool
    fan_out_done: bool
    sensitive: bool
    approved_recipients: int | None
    audience: int
    planned_skips: dict[str, int]
    not_requested: int
    requested: int
    done: int
    by_status: dict[str, int]
    skipped: dict[str, int]
    by_channel: dict[str, dict[str, int]]
    by_branch: list[BranchProgress]


def campaign_progress(
    campaign: Campaign, counts: Iterable[DeliveryCount], *, members_requested: int, fanned_out: bool
) -> ProgressFigures:
    """The figures; test sends are campaigns of their own, and their few people no secret."""
    frozen, skips = campaign.frozen_at is not None, campaign.planned_skips or {}
    size = campaign.audience_size or 0
    by_status, skipped = Counter[str](), Counter[str]()
    by_channel: dict[str, Counter[str]] = {}
    by_branch: dict[str | None, Counter[str]] = {}
    for count in counts:
        by_status[count.status] += count.deliveries
        by_channel.setdefault(count.channel, Counter())[count.status] += count.deliveries
        by_branch.setdefault(count.branch, Counter())[count.status] += count.deliveries
        if count.status == "skipped":
            skipped[count.reason] += count.deliveries
    return ProgressFigures(
        campaign_id=campaign.campaign_id,
        state=campaign.state,
        test=campaign.test_of is not None,
        frozen=frozen,
        fan_out_done=frozen and fanned_out,
        sensitive=campaign.sensitive and campaign.test_of is None and frozen,
        approved_recipients=campaign.approved_recipients,
        audience=size,
        planned_skips=skips,
        not_requested=size - sum(skips.values()) - members_requested,
        requested=sum(by_status.values()),
        done=sum(by_status[status] for status in TERMINAL),
        by_status=dict(by_status),
        skipped=dict(skipped),
        by_channel={channel: dict(statuses) for channel, statuses in by_channel.items()},
        by_branch=[
            BranchProgress(branch=branch, statuses=dict(statuses))
            for branch, statuses in sorted(by_branch.items(), key=lambda item: item[0] or "")
        ],
    )
