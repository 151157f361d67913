"""What may be shown of a sensitive campaign: no figure of a few people, and none that gives one away beside another.

Whoever reads progress has read the summary, so the number of recipients counts as known.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from contracts.enums import Channel
from segmenter.domain.sensitive import FEW, FEWEST, broken_down, tells_few


def channels_shown(count: int, by_channel: Mapping[str, int]) -> dict[str, int | None]:
    """How many of a sensitive rule's members have each channel. Beside `count` each tells how many have it not, and
    all together how many at least have none, or several."""
    shown = {name: None if has < FEWEST or tells_few(has, count) else has for name, has in by_channel.items()}
    together = None not in shown.values() and 0 < abs(count - sum(by_channel.values())) < FEWEST
    return dict.fromkeys(shown) if together else shown


def summary_shown(summary: Mapping[str, Any]) -> dict[str, Any]:
    """A kept summary as it may be shown; its hash is over the kept one."""
    if not summary["sensitive"]:
        return dict(summary)
    if summary["recipients"] < FEWEST:
        return _without(summary, ("matched", "recipients", "audience_by_channel", "skipped", *_RENDERED))
    hidden = ["audience_by_channel", *_RENDERED] if _channels_tell_few(summary) else [*_few_rendered(summary)]
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
    many were not, and how many a second time; and who was asked, but not on a channel, or did not come to a status."""
    asked, requested = recipients - progress["not_requested"], progress["requested"]
    if tells_few(asked, recipients) or 0 < requested - asked < FEWEST:
        return _TALLIES
    by_status, by_channel = progress["by_status"], progress["by_channel"]
    most_each = 1 if requested == asked else len(by_channel)
    hidden = ["done"] if tells_few(progress["done"], requested, most_each) else []
    if broken_down(by_status, most_each) is None or _all_but_few(by_status.values(), asked):
        return [*hidden, "by_status", "skipped", "by_channel", "by_branch"]
    if broken_down(progress["skipped"], most_each) is None:
        hidden.append("skipped")
    if _any_broken(by_channel.values()) or _all_but_few((sum(each.values()) for each in by_channel.values()), asked):
        hidden.append("by_channel")
    if _any_broken((each["statuses"] for each in progress["by_branch"]), most_each):
        hidden.append("by_branch")
    return hidden


def _any_broken(breakdowns: Iterable[Mapping[str, int]], most_each: int = 1) -> bool:
    return any(broken_down(counts, most_each) is None for counts in breakdowns)


def _all_but_few(counts: Iterable[int], people: int) -> bool:
    return any(0 < people - count < FEWEST for count in counts)


def _channels_tell_few(summary: Mapping[str, Any]) -> bool:
    """Whether few have a channel, few have it not, or few are written to on several."""
    by_channel, recipients = summary["audience_by_channel"], summary["recipients"]
    several = sum(by_channel.values()) - recipients
    return any(tells_few(members, recipients) for members in by_channel.values()) or 0 < several < FEWEST


def _few_rendered(summary: Mapping[str, Any]) -> Iterator[str]:
    """The figures of texts that tell of a few, or of all but a few."""
    by_channel = summary["audience_by_channel"]
    if _texts_tell_few(summary):
        yield from ("sms", "sending_seconds")
    if _unwritten_tell_few(summary):
        yield "not_renderable"
    if any(tells_few(each["members"], by_channel[each["channel"]]) for each in summary["missing"]):
        yield "missing"


def _texts_tell_few(summary: Mapping[str, Any]) -> bool:
    """What is left of the parts when each text takes the same number tells how many texts take another."""
    sms, messages = summary["sms"], summary["audience_by_channel"].get(Channel.SMS, 0)
    rendered = sum(sms["encodings"].values())
    uneven = sms["parts"] % max(1, rendered)
    pairs = ((sms["too_long"], rendered), (uneven, rendered), (rendered, messages))
    return broken_down(sms["encodings"]) is None or any(tells_few(part, whole) for part, whole in pairs)


def _unwritten_tell_few(summary: Mapping[str, Any]) -> bool:
    """Messages that lack a value: all of them, or those by mail, which is what the rendered texts leave of them."""
    by_channel, unwritten = summary["audience_by_channel"], summary["not_renderable"]
    messages, texts = sum(by_channel.values()), by_channel.get(Channel.SMS, 0)
    most_each = 1 if messages == summary["recipients"] else len(by_channel)
    mails = unwritten - (texts - sum(summary["sms"]["encodings"].values()))
    return tells_few(unwritten, messages, most_each) or tells_few(mails, messages - texts)


def _without(figures: Mapping[str, Any], hidden: Sequence[str]) -> dict[str, Any]:
    withheld = [{"field": name, "reason": FEW} for name in hidden]
    return {**figures, **dict.fromkeys(hidden), "withheld": withheld}


_RENDERED = ("sms", "email", "sending_seconds", "missing", "not_renderable")
_TALLIES = ("not_requested", "requested", "done", "by_status", "skipped", "by_channel", "by_branch")
