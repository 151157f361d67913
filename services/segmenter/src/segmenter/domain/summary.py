"""What an organiser sees before a launch, and confirms by its hash."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from chassis.errors import Fault
from content import templates, text_parts
from content.merge_fields import REQUEST_FIELDS
from contracts.enums import Channel
from segmenter.domain.campaign import Definition, Said
from segmenter.domain.sensitive import FEWEST, tells_few

FAMILY_NAME_STAND_IN = "Llewellyn"
"""Family names are not kept here; a text that uses one is counted with this."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices and rates of this installation. Rates in parts and messages a second."""

    sms_part: Decimal
    email: Decimal
    currency: str
    sms_rate: float
    email_rate: float


@dataclass(frozen=True, slots=True)
class Group:
    """Members who will read word for word the same on a channel. `values` are their merge values."""

    channel: str
    language: str
    values: Mapping[str, str]
    members: int


@dataclass(slots=True)
class Rendered:
    """The rendered audience, added up group by group."""

    definition: Definition
    links: Mapping[str, str]
    members: Counter[str] = field(default_factory=Counter)
    encodings: Counter[str] = field(default_factory=Counter)
    missing: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    parts: int = 0
    most_parts: int = 0
    too_long: int = 0
    not_renderable: int = 0

    def add(self, groups: Iterable[Group]) -> None:
        """Render each group once and count it as often as it has members."""
        for group in groups:
            self.members[group.channel] += group.members
            said = self.definition.said(group.channel, group.language)
            values = {"family_name": FAMILY_NAME_STAND_IN, **group.values, **self.links}
            if self._complete(said, values, group) and said.channel is Channel.SMS:
                self._count(said, values, group.members)

    def _complete(self, said: Said, values: Mapping[str, str], group: Group) -> bool:
        used = (templates.compile(said.text), templates.compile(said.subject), templates.compile(said.html, html=True))
        lacking = {name for template in used for name in template.missing(values)}
        for name in sorted(lacking):
            self.missing[group.channel, name, name in self.definition.fallbacks] += group.members
        complete = lacking <= self.definition.fallbacks.keys()
        self.not_renderable += 0 if complete else group.members
        return complete

    def _count(self, said: Said, values: Mapping[str, str], members: int) -> None:
        cost = text_parts.count(templates.compile(said.text).render(values, self.definition.fallbacks))
        self.parts += cost.parts * members
        self.most_parts = max(self.most_parts, cost.parts)
        self.encodings[cost.encoding] += members
        self.too_long += members if cost.parts > text_parts.MAX_PARTS else 0


def fields_used(definition: Definition) -> frozenset[str]:
    """The merge fields that any of the contents names."""
    texts = [(said.text, False) for said in definition.content] + [(said.subject, False) for said in definition.content]
    texts += [(said.html, True) for said in definition.content]
    return frozenset(name for text, html in texts for name in templates.compile(text, html=html).fields)


def merge_fields(definition: Definition) -> tuple[str, ...]:
    """The merge fields that travel in the requests."""
    return tuple(sorted(fields_used(definition) & REQUEST_FIELDS))


def figures(rendered: Rendered, skipped: Mapping[str, int], recipients: int, tariff: Tariff) -> dict[str, Any]:
    """The summary's figures; `recipients` are members, of whom one may count on several channels."""
    texts, mails = rendered.members[Channel.SMS], rendered.members[Channel.EMAIL]
    seconds = max(rendered.parts / tariff.sms_rate, mails / tariff.email_rate)
    return {
        "matched": recipients + sum(skipped.values()),
        "recipients": recipients,
        "audience_by_channel": {str(channel): rendered.members[channel] for channel in sorted(rendered.members)},
        "skipped": dict(sorted(skipped.items())),
        "sms": {
            "messages": texts,
            "parts": rendered.parts,
            "price": str(rendered.parts * tariff.sms_part),
            "currency": tariff.currency,
            "most_parts": rendered.most_parts,
            "encodings": dict(sorted(rendered.encodings.items())),
            "too_long": rendered.too_long,
        },
        "email": {"messages": mails, "price": str(mails * tariff.email), "currency": tariff.currency},
        "sending_seconds": round(seconds, 1),
        "missing": [
            {"field": name, "channel": channel, "members": count, "fallback": fallback}
            for (channel, name, fallback), count in sorted(rendered.missing.items())
        ],
        "not_renderable": rendered.not_renderable,
        "estimated_fields": sorted(fields_used(rendered.definition) & {"family_name"}),
    }


def faults_in(figures: Mapping[str, Any]) -> list[Fault]:
    """What the rendered audience shows to be wrong; a campaign with one cannot be approved."""
    found = []
    if not figures["recipients"]:
        found.append(Fault("segment_id", "nobody can be reached: the segment is empty or everybody in it is skipped"))
    if figures["sms"]["too_long"]:
        most, those = figures["sms"]["most_parts"], _too_long(figures)
        reason = f"for {those} members the text takes up to {most} parts; at most {text_parts.MAX_PARTS}"
        found.append(Fault("content", reason))
    return found


def _too_long(figures: Mapping[str, Any]) -> str:
    count, texts = figures["sms"]["too_long"], sum(figures["sms"]["encodings"].values())
    if not figures.get("sensitive") or not tells_few(count, texts):
        return str(count)
    return f"fewer than {FEWEST}" if count < FEWEST else f"all but fewer than {FEWEST}"


def hash_of(campaign_id: object, version: int, computed_at: datetime, shown: Mapping[str, Any]) -> str:
    """64 hex digits over everything that was shown, and for which version of the campaign."""
    canonical = orjson.dumps([str(campaign_id), version, computed_at, shown], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()
