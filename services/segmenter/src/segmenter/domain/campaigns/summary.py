"""The summary that an organiser sees before a launch, and confirms by its hash."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import orjson
from chassis.errors import Fault
from content import text_parts
from contracts.enums import Channel
from pydantic import Field
from segmenter.domain.campaigns.definition import Sender
from segmenter.domain.campaigns.rendering import RenderedAudience, fields_used
from segmenter.domain.disclosure.small_counts import THRESHOLD, splits_off_few
from segmenter.domain.fields import CampaignId, ResponseModel, Time, Version
from segmenter.domain.segments.rules import Rule

HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
"""An example of a summary's hash."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices and rates of this installation. Rates in parts and messages a second, of all senders together."""

    sms_part: Decimal
    email: Decimal
    currency: str
    sms_rate: float
    email_rate: float
    sender_rate: Callable[[str, float], float]
    """Of one sender, of what all may together."""

    def seconds(self, units: int, channel: Channel, senders: Iterable[Sender]) -> float:
        """How long so many parts or messages take at best: as if each sender had its share of them."""
        together = self.sms_rate if channel is Channel.SMS else self.email_rate
        ours = {sender.address for sender in senders if sender.channel == channel}
        return units / min(together, sum(self.sender_rate(address, together) for address in ours) or together)


@dataclass(frozen=True, slots=True)
class GrowthTolerance:
    """How much larger than what was confirmed an audience may be: so many members, or this share of it."""

    members: int
    share: float

    def allows(self, confirmed: int, now: int) -> bool:
        """Whether an audience of `now` members may be written to. One that has shrunk may."""
        return now <= confirmed + max(self.members, confirmed * self.share)


class EmailFigures(ResponseModel):
    """The e-mails of a campaign."""

    messages: int = Field(description="E-mails.", examples=[120])
    price: str = Field(description="Price of them all, a decimal number.", examples=["0.12"])
    currency: str = Field(description="ISO 4217 code of the price's currency.", examples=["GBP"])


class SmsFigures(ResponseModel):
    """The text messages of a campaign, rendered for every recipient."""

    messages: int = Field(description="Text messages.", examples=[1200])
    parts: int = Field(description="Parts of them all, which is what is paid for.", examples=[2400])
    price: str = Field(description="Price of them all, a decimal number.", examples=["96.00"])
    currency: str = Field(description="ISO 4217 code of the price's currency.", examples=["GBP"])
    most_parts: int = Field(description="Parts of the longest.", examples=[2])
    encodings: dict[str, int] = Field(description="Messages by encoding: GSM-7 or UCS-2.", examples=[{"GSM-7": 1200}])
    too_long: int = Field(description="Messages of more parts than may be sent.", examples=[0])


class MissingValue(ResponseModel):
    """A merge field that is not known of some members."""

    field: str = Field(description="The merge field.", examples=["given_name"])
    channel: str = Field(description="The channel whose text uses it.", examples=["sms"])
    members: int = Field(description="Members of whom it is not known.", examples=[3])
    fallback: bool = Field(description="Whether the campaign has a fallback for it.", examples=[True])


class CampaignFault(ResponseModel):
    """Something that keeps a campaign from being approved."""

    field: str = Field(description="Path of the field at fault.", examples=["content"])
    reason: str = Field(description="What is wrong with it.", examples=["is empty"])


class SummaryFigures(ResponseModel):
    """What a launch would do now. `recipients` are members, of whom one may count on several channels."""

    matched: int
    recipients: int
    audience_by_channel: dict[str, int]
    skipped: dict[str, int]
    sms: SmsFigures
    email: EmailFigures
    sending_seconds: float
    missing: list[MissingValue]
    not_renderable: int
    estimated_fields: list[str]


class SummaryIdentity(ResponseModel):
    """Which campaign a summary is of, and what follows from its figures."""

    campaign_id: CampaignId
    version: Version
    hash: str = Field(description="What approve and launch confirm: 64 hex digits over the rest.", examples=[HASH])
    computed_at: Time
    rule: Rule = Field(examples=[{"kind": "body", "bodies": ["leeds"]}])
    """The segment's rule that was counted."""
    sensitive: bool = Field(examples=[False])
    """Whether the rule asks for a special-category interest, itself or by what it builds on."""
    needs_second_person: bool = Field(examples=[False])
    """Whether somebody who wrote no version of the campaign must approve it."""
    faults: list[CampaignFault] = Field(description="What keeps it from being approved.", examples=[[]])


class KeptSummary(SummaryIdentity, SummaryFigures):
    """The figures for one version of a campaign, as they are kept and confirmed."""


def summary_figures(
    rendered: RenderedAudience, skipped: Mapping[str, int], recipients: int, tariff: Tariff
) -> SummaryFigures:
    """The figures of a rendered audience."""
    texts, mails = rendered.members[Channel.SMS], rendered.members[Channel.EMAIL]
    senders = rendered.definition.senders
    seconds = max(tariff.seconds(rendered.parts, Channel.SMS, senders), tariff.seconds(mails, Channel.EMAIL, senders))
    return SummaryFigures(
        matched=recipients + sum(skipped.values()),
        recipients=recipients,
        audience_by_channel={str(channel): rendered.members[channel] for channel in sorted(rendered.members)},
        skipped=dict(sorted(skipped.items())),
        sms=SmsFigures(
            messages=texts,
            parts=rendered.parts,
            price=str(rendered.parts * tariff.sms_part),
            currency=tariff.currency,
            most_parts=rendered.most_parts,
            encodings=dict(sorted(rendered.encodings.items())),
            too_long=rendered.too_long,
        ),
        email=EmailFigures(messages=mails, price=str(mails * tariff.email), currency=tariff.currency),
        sending_seconds=round(seconds, 1),
        missing=[
            MissingValue(field=name, channel=channel, members=count, fallback=fallback)
            for (channel, name, fallback), count in sorted(rendered.missing.items())
        ],
        not_renderable=rendered.not_renderable,
        estimated_fields=sorted(fields_used(rendered.definition) & {"family_name"}),
    )


def figure_faults(figures: SummaryFigures, *, sensitive: bool) -> Iterator[Fault]:
    """What the rendered audience shows to be wrong; a campaign with one cannot be approved."""
    if not figures.recipients:
        yield Fault("segment_id", "nobody can be reached: the segment is empty or everybody in it is skipped")
    if figures.sms.too_long:
        members = _shown_too_long(figures.sms, sensitive=sensitive)
        most, allowed = figures.sms.most_parts, text_parts.MAX_PARTS
        yield Fault("content", f"for {members} members the text takes up to {most} parts; at most {allowed}")


def _shown_too_long(sms: SmsFigures, *, sensitive: bool) -> str:
    count, texts = sms.too_long, sum(sms.encodings.values())
    if not sensitive or not splits_off_few(count, texts):
        return str(count)
    return f"fewer than {THRESHOLD}" if count < THRESHOLD else f"all but fewer than {THRESHOLD}"


def summary_hash(campaign_id: UUID, version: int, computed_at: datetime, figures: SummaryFigures, rule: Rule) -> str:
    """64 hex digits over everything that was shown, and for which version of the campaign."""
    shown = [str(campaign_id), version, computed_at, figures.model_dump(mode="json"), rule.model_dump(mode="json")]
    return hashlib.sha256(orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)).hexdigest()
