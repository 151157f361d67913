"""What is wrong with a campaign's definition, field by field, before anybody can approve it."""

import re
from collections.abc import Iterator
from datetime import datetime

from chassis.errors import Fault
from content import merge_fields
from contracts.date_limits import MAX_AHEAD, MAX_YEARS_AHEAD
from contracts.enums import Channel
from segmenter.domain.campaigns.content_validation import LINE_BREAK, content_faults
from segmenter.domain.campaigns.definition import CampaignDefinition, Sender

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_MESSAGING_SERVICE = re.compile(r"MG[0-9a-f]{32}")
_MAIL = re.compile(r"[^\s@<>\"(),:;\\\[\]]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def definition_faults(definition: CampaignDefinition, now: datetime) -> list[Fault]:
    """Every fault at once, so that an organiser corrects them in one go."""
    return [
        *_times(definition, now),
        *_coverage(definition),
        *content_faults(definition),
        *_fallbacks(definition),
        *(fault for index, sender in enumerate(definition.senders) for fault in _sender(sender, index)),
        *_quiet_hours(definition),
    ]


def expiry_faults(definition: CampaignDefinition, now: datetime) -> Iterator[Fault]:
    """What becomes wrong by the passing of time."""
    if definition.expires_at <= now:
        yield Fault("expires_at", "is in the past")


def _times(definition: CampaignDefinition, now: datetime) -> Iterator[Fault]:
    yield from expiry_faults(definition, now)
    if definition.expires_at > now + MAX_AHEAD:
        yield Fault("expires_at", f"is more than {MAX_YEARS_AHEAD} years away")
    if definition.starts_at and definition.starts_at >= definition.expires_at:
        yield Fault("starts_at", "is not before expires_at")


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
        if not _has_sender(definition, channel):
            yield Fault("senders", f"lacks a sender for {channel}: one with body null, or of the campaign's own body")
    for channel in sorted({channel for channel, _ in pairs} - set(order)):
        yield Fault("channels.order", f"leaves out {channel}, which there is content for")


def _has_sender(definition: CampaignDefinition, channel: Channel) -> bool:
    bodies = {sender.body for sender in definition.senders if sender.channel == channel}
    return None in bodies or (definition.body is not None and definition.body in bodies)


def _fallbacks(definition: CampaignDefinition) -> Iterator[Fault]:
    for name, value in definition.fallbacks.items():
        if name not in merge_fields.CONTACT_FIELDS | merge_fields.REQUEST_FIELDS:
            yield Fault(f"fallbacks.{name}", "is not a merge field that may be missing")
        elif not value.strip() or LINE_BREAK.search(value):
            yield Fault(f"fallbacks.{name}", "is empty or has a line break")


def _sender(sender: Sender, index: int) -> Iterator[Fault]:
    place = f"senders.{index}"
    if LINE_BREAK.search(sender.display_name):
        yield Fault(f"{place}.display_name", "has a line break (CR or LF)")
    if sender.channel is Channel.SMS:
        if not (_NUMBER.fullmatch(sender.address) or _MESSAGING_SERVICE.fullmatch(sender.address)):
            yield Fault(f"{place}.address", "is neither an E.164 number nor a messaging service")
    elif not _MAIL.fullmatch(sender.address):
        yield Fault(f"{place}.address", "is not an e-mail address")


def _quiet_hours(definition: CampaignDefinition) -> Iterator[Fault]:
    if definition.passes_quiet_hours and not definition.quiet_hours_reason.strip():
        yield Fault("quiet_hours_reason", "is needed to pass quiet hours")
