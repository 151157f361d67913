"""What may be shown of a sensitive campaign's progress.

Whoever reads progress has read the summary, so the number of recipients counts as known.
"""

from collections.abc import Mapping, Sequence

from segmenter.domain.disclosure.small_counts import (
    THRESHOLD,
    any_small_part,
    has_small_part,
    leaves_few,
    splits_off_few,
)
from segmenter.domain.progress import Progress

_BY_DELIVERY = ("by_status", "skipped", "by_channel", "by_branch")
_DELIVERIES = ("not_requested", "requested", "done", *_BY_DELIVERY)


def withheld_from_progress(progress: Progress) -> Sequence[str]:
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


def _withheld_deliveries(progress: Progress, recipients: int) -> Sequence[str]:
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
    if any_small_part(by_channel.values()) or leaves_few((sum(each.values()) for each in by_channel.values()), asked):
        withheld.append("by_channel")
    if any_small_part((each.statuses for each in progress.by_branch), most_each):
        withheld.append("by_branch")
    return withheld
