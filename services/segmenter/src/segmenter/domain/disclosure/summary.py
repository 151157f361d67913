"""What may be shown of a sensitive campaign's summary."""

from collections.abc import Iterator, Sequence

from contracts.enums import Channel
from segmenter.domain.campaigns.summary import Summary
from segmenter.domain.disclosure.small_counts import THRESHOLD, has_small_part, splits_off_few

_RENDERED = ("sms", "email", "sending_seconds", "missing", "not_renderable")


def withheld_from_summary(summary: Summary) -> Sequence[str]:
    """The figures that must not be shown; none of a campaign that is not sensitive."""
    if not summary.sensitive:
        return ()
    if summary.recipients < THRESHOLD:
        return ("matched", "recipients", "audience_by_channel", "skipped", *_RENDERED)
    withheld = ["audience_by_channel", *_RENDERED] if _channels_reveal_few(summary) else [*_withheld_rendered(summary)]
    return [*withheld, "matched", "skipped"] if has_small_part(summary.skipped) else withheld


def _channels_reveal_few(summary: Summary) -> bool:
    """Whether few have a channel, few have it not, or few are written to on several."""
    by_channel, recipients = summary.audience_by_channel, summary.recipients
    several = sum(by_channel.values()) - recipients
    return any(splits_off_few(members, recipients) for members in by_channel.values()) or 0 < several < THRESHOLD


def _withheld_rendered(summary: Summary) -> Iterator[str]:
    """The figures of rendered messages that are of a few, or of all but a few."""
    by_channel = summary.audience_by_channel
    if _texts_reveal_few(summary):
        yield from ("sms", "sending_seconds")
    if _not_renderable_reveals_few(summary):
        yield "not_renderable"
    if any(splits_off_few(each.members, by_channel[each.channel]) for each in summary.missing):
        yield "missing"


def _texts_reveal_few(summary: Summary) -> bool:
    """What is left of the parts when each text takes the same number says how many texts take another."""
    sms, messages = summary.sms, summary.audience_by_channel.get(Channel.SMS, 0)
    rendered = sum(sms.encodings.values())
    uneven = sms.parts % max(1, rendered)
    pairs = ((sms.too_long, rendered), (uneven, rendered), (rendered, messages))
    return has_small_part(sms.encodings) or any(splits_off_few(part, whole) for part, whole in pairs)


def _not_renderable_reveals_few(summary: Summary) -> bool:
    """Messages that lack a value: all of them, or the e-mails, which is what the rendered texts leave of them."""
    by_channel, missing = summary.audience_by_channel, summary.not_renderable
    messages, texts = sum(by_channel.values()), by_channel.get(Channel.SMS, 0)
    most_each = 1 if messages == summary.recipients else len(by_channel)
    mails = missing - (texts - sum(summary.sms.encodings.values()))
    return splits_off_few(missing, messages, most_each) or splits_off_few(mails, messages - texts)
