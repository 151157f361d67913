"""A campaign's summary as far as it may be shown."""

from collections.abc import Iterator, Sequence
from typing import Self

from contracts.enums import Channel
from pydantic import Field
from segmenter.domain.campaigns.summary import EmailFigures, KeptSummary, MissingValue, SmsFigures, SummaryIdentity
from segmenter.domain.disclosure.small_counts import THRESHOLD, Disclosed, has_small_part, splits_off_few

_RENDERED = ("sms", "email", "sending_seconds", "missing", "not_renderable")


class Summary(SummaryIdentity, Disclosed):
    """What a launch of this version of the campaign would do."""

    matched: int | None = Field(description="Members whom the rule selects. Null where withheld.", examples=[1300])
    recipients: int | None = Field(description="Members who would be written to. Null where withheld.", examples=[1234])
    audience_by_channel: dict[str, int] | None = Field(examples=[{"sms": 1200, "email": 34}])
    """Recipients by channel; one may count on several. Null where withheld."""
    skipped: dict[str, int] | None = Field(examples=[{"no_consent": 66}])
    """Members who are left out, by reason. Null where withheld."""
    sms: SmsFigures | None = Field(description="The text messages. Null where withheld.")
    email: EmailFigures | None = Field(description="The e-mails. Null where withheld.")
    sending_seconds: float | None = Field(examples=[60.0])
    """Seconds it takes at the rate of the slower channel. Null where withheld."""
    missing: list[MissingValue] | None
    """Merge fields that are not known of some recipients. Null where withheld."""
    not_renderable: int | None = Field(examples=[0])
    """Messages that lack a value and have no fallback; they are not sent. Null where withheld."""
    estimated_fields: list[str] = Field(examples=[[]])
    """Merge fields whose values are not known here and were counted with a stand-in."""

    @classmethod
    def of(cls, summary: KeptSummary) -> Self:
        """The summary as it may be shown; its hash is over the kept one."""
        return cls.without(dict(summary), withheld_from_summary(summary))


def withheld_from_summary(summary: KeptSummary) -> Sequence[str]:
    """The figures that must not be shown; none of a campaign that is not sensitive."""
    if not summary.sensitive:
        return ()
    if summary.recipients < THRESHOLD:
        return ("matched", "recipients", "audience_by_channel", "skipped", *_RENDERED)
    withheld = ["audience_by_channel", *_RENDERED] if _channels_reveal_few(summary) else [*_withheld_rendered(summary)]
    return [*withheld, "matched", "skipped"] if has_small_part(summary.skipped) else withheld


def _channels_reveal_few(summary: KeptSummary) -> bool:
    """Whether few have a channel, few have it not, or few are written to on several."""
    by_channel, recipients = summary.audience_by_channel, summary.recipients
    several = sum(by_channel.values()) - recipients
    return any(splits_off_few(members, recipients) for members in by_channel.values()) or 0 < several < THRESHOLD


def _withheld_rendered(summary: KeptSummary) -> Iterator[str]:
    """The figures of rendered messages that are of a few, or of all but a few."""
    by_channel = summary.audience_by_channel
    if _texts_reveal_few(summary):
        yield from ("sms", "sending_seconds")
    if _not_renderable_reveals_few(summary):
        yield "not_renderable"
    if any(splits_off_few(each.members, by_channel[each.channel]) for each in summary.missing):
        yield "missing"


def _texts_reveal_few(summary: KeptSummary) -> bool:
    """What is left of the parts when each text takes the same number says how many texts take another."""
    sms, messages = summary.sms, summary.audience_by_channel.get(Channel.SMS, 0)
    rendered = sum(sms.encodings.values())
    uneven = sms.parts % max(1, rendered)
    pairs = ((sms.too_long, rendered), (uneven, rendered), (rendered, messages))
    return has_small_part(sms.encodings) or any(splits_off_few(part, whole) for part, whole in pairs)


def _not_renderable_reveals_few(summary: KeptSummary) -> bool:
    """Messages that lack a value: all of them, or the e-mails, which is what the rendered texts leave of them."""
    by_channel, missing = summary.audience_by_channel, summary.not_renderable
    messages, texts = sum(by_channel.values()), by_channel.get(Channel.SMS, 0)
    most_each = 1 if messages == summary.recipients else len(by_channel)
    mails = missing - (texts - sum(summary.sms.encodings.values()))
    return splits_off_few(missing, messages, most_each) or splits_off_few(mails, messages - texts)
