"""What may be shown of a sensitive campaign: no figure of a few people, and none that gives one away beside another.

Whoever reads progress has read the summary, so the number of recipients counts as known.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from segmenter.domain.sensitive import FEW, FEWEST, broken_down


def summary_shown(summary: Mapping[str, Any]) -> dict[str, Any]:
    """A kept summary as it may be shown; its hash is over the kept one."""
    if not summary["sensitive"]:
        return dict(summary)
    if summary["recipients"] < FEWEST:
        return _without(summary, ("matched", "recipients", "audience_by_channel", "skipped", *_RENDERED))
    by_channel = broken_down(summary["audience_by_channel"])
    hidden = ["audience_by_channel", *_RENDERED] if by_channel is None else [*_few_rendered(summary)]
    if broken_down(summary["skipped"]) is None:
        hidden += ["matched", "skipped"]
    return _without(summary, hidden)


def progress_shown(progress: Mapping[str, Any], approved: int | None) -> dict[str, Any]:
    """A sensitive campaign's progress. `approved`: recipients of the summary that was approved."""
    size, skips = progress["audience"], progress["planned_skips"]
    recipients = size - sum(skips.values())
    if recipients < FEWEST:
        return _without(progress, ("audience", "planned_skips", *_TALLIES))
    hidden = [] if size_may_be_shown(size, skips, approved) else ["audience", "planned_skips"]
    return _without(progress, (*hidden, *_tallies_hidden(progress, recipients)))


def size_may_be_shown(size: int, skips: Mapping[str, int], approved: int | None) -> bool:
    """Whether an audience of so many members, of whom some are left out, may be told beside its recipients and those
    that were approved."""
    changed = 0 if approved is None else abs(size - approved)
    return size - sum(skips.values()) >= FEWEST and broken_down(skips) is not None and not 0 < changed < FEWEST


def _tallies_hidden(progress: Mapping[str, Any], recipients: int) -> Sequence[str]:
    """The figures of deliveries that must not be shown. Any of them tells how many were asked for, and with that how
    many were not, and how many a second time."""
    asked, requested = recipients - progress["not_requested"], progress["requested"]
    if _tells_few(asked, recipients) or 0 < requested - asked < FEWEST:
        return _TALLIES
    hidden = ["done"] if _tells_few(progress["done"], requested) else []
    if broken_down(progress["by_status"]) is None:
        return [*hidden, "by_status", "skipped", "by_channel", "by_branch"]
    if broken_down(progress["skipped"]) is None:
        hidden.append("skipped")
    if _any_broken(progress["by_channel"].values()):
        hidden.append("by_channel")
    if _any_broken(each["statuses"] for each in progress["by_branch"]):
        hidden.append("by_branch")
    return hidden


def _any_broken(breakdowns: Iterable[Mapping[str, int]]) -> bool:
    return any(broken_down(counts) is None for counts in breakdowns)


def _few_rendered(summary: Mapping[str, Any]) -> Iterator[str]:
    """The figures of texts that tell of a few, or of all but a few."""
    by_channel, sms = summary["audience_by_channel"], summary["sms"]
    if broken_down(sms["encodings"]) is None or _tells_few(sms["too_long"], sum(sms["encodings"].values())):
        yield "sms"
    if _tells_few(summary["not_renderable"], sum(by_channel.values())):
        yield "not_renderable"
    if any(_tells_few(each["members"], by_channel[each["channel"]]) for each in summary["missing"]):
        yield "missing"


def _tells_few(part: int, whole: int) -> bool:
    """Whether a part of so many, or what it leaves over, is of a few."""
    return 0 < part < FEWEST or 0 < whole - part < FEWEST


def _without(figures: Mapping[str, Any], hidden: Sequence[str]) -> dict[str, Any]:
    withheld = [{"field": name, "reason": FEW} for name in hidden]
    return {**figures, **dict.fromkeys(hidden), "withheld": withheld}


_RENDERED = ("sms", "email", "sending_seconds", "missing", "not_renderable")
_TALLIES = ("not_requested", "requested", "done", "by_status", "skipped", "by_channel", "by_branch")
