"""What is wrong with a campaign's definition, field by field, before anybody can approve it."""

import re
from collections.abc import Iterator
from datetime import datetime

from chassis.errors import Fault
from content import merge_fields, templates, text_parts
from contracts.date_limits import MAX_AHEAD, MAX_YEARS_AHEAD
from contracts.enums import Channel
from segmenter.domain.campaigns.definition import CampaignDefinition, Content, Sender

MAX_FIELDS = 1000
"""Merge fields a campaign, over all its texts: each takes a fraction of a millisecond to compile. A text of too many
is refused by itself, and not compiled."""
_LINE_BREAK = re.compile(r"[\r\n\x0b\x0c\x85\u2028\u2029]")
_TEXTS = ("text", "subject", "html")
_MERGE_FIELD = re.compile(r"\{\{[^{}]*\}\}")
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_MESSAGING_SERVICE = re.compile(r"MG[0-9a-f]{32}")
_MAIL = re.compile(r"[^\s@<>\"(),:;\\\[\]]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def definition_faults(definition: CampaignDefinition, now: datetime) -> list[Fault]:
    """Every fault at once, so that an organiser corrects them in one go."""
    return [
        *_times(definition, now),
        *_coverage(definition),
        *_contents(definition),
        *_fallbacks(definition),
        *(fault for index, sender in enumerate(definition.senders) for fault in _sender(sender, index)),
    ]


def expiry_faults(definition: CampaignDefinition, now: datetime) -> Iterator[Fault]:
    """What becomes wrong by the passing of time."""
    if definition.expires_at <= now:
        yield Fault("expires_at", "is in the past")


def start_faults(definition: CampaignDefinition, now: datetime) -> Iterator[Fault]:
    """A start in the past, which only a person can have meant."""
    if definition.starts_at and definition.starts_at <= now:
        yield Fault("starts_at", "is in the past: set another time, or launch it with `now`")


def _times(definition: CampaignDefinition, now: datetime) -> Iterator[Fault]:
    yield from expiry_faults(definition, now)
    if definition.expires_at > now + MAX_AHEAD:
        yield Fault("expires_at", f"is more than {MAX_YEARS_AHEAD} years away")
    if definition.starts_at and definition.starts_at >= definition.expires_at:
        yield Fault("starts_at", "is not before expires_at")
    if definition.passes_quiet_hours and not definition.quiet_hours_reason.strip():
        yield Fault("quiet_hours_reason", "is needed to pass quiet hours")


def _coverage(definition: CampaignDefinition) -> Iterator[Fault]:
    order = definition.channels.order
    if len(set(order)) != len(order):
        yield Fault("channels.order", "names a channel twice")
    pairs = [(content.channel, content.language) for content in definition.content]
    for channel, language in sorted({pair for pair in pairs if pairs.count(pair) > 1}):
        yield Fault("content", f"has {channel} in {language} twice")
    for channel in dict.fromkeys(order):
        if (channel, definition.default_language) not in pairs:
            yield Fault("content", f"lacks {channel} in the default language {definition.default_language}")
        if not {sender.body for sender in definition.senders if sender.channel == channel} & {None, definition.body}:
            yield Fault("senders", f"lacks a sender for {channel}: one with body null, or of the campaign's own body")
    for channel in sorted({channel for channel, _ in pairs} - set(order)):
        yield Fault("channels.order", f"leaves out {channel}, which there is content for")


def _contents(definition: CampaignDefinition) -> Iterator[Fault]:
    """The faults of all texts; where there are too many merge fields, only that."""
    named = [getattr(content, name).count("{{") for content in definition.content for name in _TEXTS]
    compiled = sum(count for count in named if count <= templates.MAX_FIELDS)
    if compiled > MAX_FIELDS:
        yield Fault("content", f"names {compiled:,} merge fields in all; at most {MAX_FIELDS:,}")
        return
    for index, content in enumerate(definition.content):
        yield from _content(definition, content, f"content.{index}")


def _content(definition: CampaignDefinition, content: Content, place: str) -> Iterator[Fault]:
    if not content.text.strip():
        yield Fault(f"{place}.text", "is empty")
    if content.channel is Channel.SMS:
        yield from (
            Fault(f"{place}.{name}", "a text message has none") for name in _TEXTS[1:] if getattr(content, name)
        )
    elif not content.subject.strip():
        yield Fault(f"{place}.subject", "is empty")
    if _LINE_BREAK.search(content.subject):
        yield Fault(f"{place}.subject", "has a line break (CR or LF)")
    for name in _TEXTS:
        yield from _template(definition, content, f"{place}.{name}", name)


def _template(definition: CampaignDefinition, content: Content, place: str, name: str) -> Iterator[Fault]:
    text = getattr(content, name)
    try:
        template = templates.compile(text, html=name == "html")
    except templates.TemplateRefused as refused:
        yield Fault(place, str(refused))
        return
    if content.channel is Channel.SMS and name == "text":
        cost, most = text_parts.count(without_merge_fields(text)), text_parts.MAX_PARTS
        if cost.parts > most:
            yield Fault(place, f"takes {cost.parts} parts in {cost.encoding} without its merge fields; at most {most}")
    for used in template.fields:
        if used not in merge_fields.KNOWN:
            yield Fault(place, f"unknown merge field {used}; known are {', '.join(sorted(merge_fields.KNOWN))}")
        elif used == "poll_link" and definition.poll_id is None:
            yield Fault(place, "poll_link needs a poll_id")
        elif used == "unsubscribe_link" and content.channel is not Channel.EMAIL:
            yield Fault(place, "unsubscribe_link is for e-mail; texts are stopped by STOP")


def without_merge_fields(text: str) -> str:
    """A text without its merge fields. A field holds no brace: a pattern that let it hold one would take time by the
    square of the length of a text of nothing but braces."""
    return _MERGE_FIELD.sub("", text)


def _fallbacks(definition: CampaignDefinition) -> Iterator[Fault]:
    for name, value in definition.fallbacks.items():
        if name not in merge_fields.CONTACT_FIELDS | merge_fields.REQUEST_FIELDS:
            yield Fault(f"fallbacks.{name}", "is not a merge field that may be missing")
        elif not value.strip() or _LINE_BREAK.search(value):
            yield Fault(f"fallbacks.{name}", "is empty or has a line break")


def _sender(sender: Sender, index: int) -> Iterator[Fault]:
    place = f"senders.{index}"
    if _LINE_BREAK.search(sender.display_name):
        yield Fault(f"{place}.display_name", "has a line break (CR or LF)")
    if sender.channel is Channel.SMS:
        if not (_NUMBER.fullmatch(sender.address) or _MESSAGING_SERVICE.fullmatch(sender.address)):
            yield Fault(f"{place}.address", "is neither an E.164 number nor a messaging service")
    elif not _MAIL.fullmatch(sender.address):
        yield Fault(f"{place}.address", "is not an e-mail address")
