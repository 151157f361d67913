"""What is wrong with a campaign's texts: empty ones, bad templates, unknown merge fields, too many parts."""

import re
from collections.abc import Iterator

from chassis.errors import Fault
from content import merge_fields, templates, text_parts
from contracts.enums import Channel
from segmenter.domain.campaigns.definition import CampaignDefinition, Content

MAX_FIELDS = 1000
"""Merge fields a campaign, over all its texts: each takes a fraction of a millisecond to compile. A text of too many
is refused by itself, and not compiled."""
LINE_BREAK = re.compile(r"[\r\n\x0b\x0c\x85\u2028\u2029]")
_TEXTS = ("text", "subject", "html")
_MERGE_FIELD = re.compile(r"\{\{[^{}]*\}\}")


def content_faults(definition: CampaignDefinition) -> Iterator[Fault]:
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
    if LINE_BREAK.search(content.subject):
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
        yield from (Fault(place, reason) for reason in _too_long(text))
    for used in template.fields:
        if used not in merge_fields.KNOWN:
            yield Fault(place, f"unknown merge field {used}; known are {', '.join(sorted(merge_fields.KNOWN))}")
        elif used == "poll_link" and definition.poll_id is None:
            yield Fault(place, "poll_link needs a poll_id")
        elif used == "unsubscribe_link" and content.channel is not Channel.EMAIL:
            yield Fault(place, "unsubscribe_link is for e-mail; texts are stopped by STOP")


def _too_long(text: str) -> Iterator[str]:
    cost = text_parts.count(without_merge_fields(text))
    if cost.parts > text_parts.MAX_PARTS:
        yield f"takes {cost.parts} parts in {cost.encoding} without its merge fields; at most {text_parts.MAX_PARTS}"


def without_merge_fields(text: str) -> str:
    """A text without its merge fields. A field holds no brace: a pattern that let it hold one would take time by the
    square of the length of a text of nothing but braces."""
    return _MERGE_FIELD.sub("", text)
