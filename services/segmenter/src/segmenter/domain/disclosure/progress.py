"""A campaign's progress as far as it may be shown.

Readers of the progress have read the summary, so the number of recipients counts as known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Self

from pydantic import Field
from segmenter.domain.disclosure.small_counts import THRESHOLD, Disclosed, has_small_part, leaves_few, splits_off_few
from segmenter.domain.fields import CampaignId, CountsByStatus
from segmenter.domain.progress import BranchProgress, ProgressFigures

_BY_DELIVERY = ("by_status", "skipped", "by_channel", "by_branch")
_DELIVERIES = ("not_requested", "requested", "done", *_BY_DELIVERY)


class Progress(Disclosed):
    """How a campaign stands."""

    campaign_id: CampaignId
    state: str = Field(description="The campaign's state.", examples=["launched"])
    test: bool = Field(description="Whether it is a test send.", examples=[False])
    frozen: bool = Field(description="Whether its audience is decided.", examples=[True])
    fan_out_done: bool = Field(description="Whether every first delivery has been asked for.", examples=[True])
    audience: int | None = Field(examples=[1300])
    """Members of the frozen audience, skipped ones included. Null where withheld."""
    planned_skips: dict[str, int] | None = Field(examples=[{"no_consent": 66}])
    """Members of the audience who are left out, by reason. Null where withheld."""
    not_requested: int | None = Field(examples=[0])
    """Members for whom nothing has been asked for yet. Null where withheld."""
    requested: int | None = Field(description="Deliveries asked for. Null where withheld.", examples=[1234])
    done: int | None = Field(description="Deliveries that have ended. Null where withheld.", examples=[1200])
    by_status: CountsByStatus | None = Field(description="Deliveries by status. Null where withheld.")
    skipped: dict[str, int] | None = Field(examples=[{"suppressed": 4}])
    """Deliveries that dispatchers skipped, by reason. Null where withheld."""
    by_channel: dict[str, CountsByStatus] | None = Field(examples=[{"sms": {"delivered": 40}}])
    """Deliveries by channel and status. Null where withheld."""
    by_branch: list[BranchProgress] | None = Field(description="Deliveries by branch and status. Null where withheld.")

    @classmethod
    def of(cls, figures: ProgressFigures) -> Self:
        """The figures as they may be shown."""
        return cls.without(asdict(figures), withheld_from_progress(figures))


def withheld_from_progress(progress: ProgressFigures) -> Sequence[str]:
    """The figures that must not be shown; none of a campaign that is not sensitive."""
    if not progress.sensitive:
        return ()
    size, skips = progress.audience, progress.planned_skips
    recipients = size - sum(skips.values())
    if recipients < THRESHOLD:
        return ("audience", "planned_skips", *_DELIVERIES)
    shown = audience_size_is_shown(size, skips, progress.approved_recipients)
    return (*(() if shown else ("audience", "planned_skips")), *_withheld_deliveries(progress, recipients))


def audience_size_is_shown(size: int, skips: Mapping[str, int], approved: int | None) -> bool:
    """Whether the size of an audience may be shown beside its recipients and those of the approved summary."""
    changed = 0 if approved is None else abs(size - approved)
    return size - sum(skips.values()) >= THRESHOLD and not has_small_part(skips) and not 0 < changed < THRESHOLD


def _withheld_deliveries(progress: ProgressFigures, recipients: int) -> Sequence[str]:
    """The figures of deliveries that must not be shown.

    Each of them says how many were asked for, and so how many were not, and how many a second time; and who was asked,
    but not on a channel, or did not come to a status.
    """
    asked, requested = recipients - progress.not_requested, progress.requested
    if splits_off_few(asked, recipients) or 0 < requested - asked < THRESHOLD:
        return _DELIVERIES
    by_status, by_channel = progress.by_status, progress.by_channel
    most_each = 1 if requested == asked else len(by_channel)
    withheld = ["done"] if splits_off_few(progress.done, requested, most_each) else []
    if has_small_part(by_status, most_each) or leaves_few(by_status.values(), asked):
        return [*withheld, *_BY_DELIVERY]
    if has_small_part(progress.skipped, most_each):
        withheld.append("skipped")
    if any(map(has_small_part, by_channel.values())) or leaves_few(
        (sum(each.values()) for each in by_channel.values()), asked
    ):
        withheld.append("by_channel")
    if any(has_small_part(each.statuses, most_each) for each in progress.by_branch):
        withheld.append("by_branch")
    return withheld
