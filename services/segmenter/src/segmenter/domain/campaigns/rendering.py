"""A campaign's texts rendered for its audience: parts, encodings and missing values, added up."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from content import merge_fields, templates, text_parts
from contracts.enums import Channel
from segmenter.domain.campaigns.definition import CampaignDefinition, Content

FAMILY_NAME_STAND_IN = "Llewellyn"
"""Family names are not kept here; a text that uses one is counted with this."""


@dataclass(frozen=True, slots=True)
class Group:
    """Members who read exactly the same text on a channel. `values` are their merge values."""

    channel: str
    language: str
    values: Mapping[str, str]
    members: int


@dataclass(slots=True)
class RenderedAudience:
    """The rendered audience, added up group by group. `missing` counts by channel, field and whether it falls back."""

    definition: CampaignDefinition
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
            content = self.definition.content_for(group.channel, group.language)
            values = {"family_name": FAMILY_NAME_STAND_IN, **group.values, **self.links}
            if self._is_complete(content, values, group) and content.channel is Channel.SMS:
                self._count_parts(content, values, group.members)

    def _is_complete(self, content: Content, values: Mapping[str, str], group: Group) -> bool:
        missing = {name for template in _templates(content) for name in template.missing(values)}
        for name in sorted(missing):
            self.missing[group.channel, name, name in self.definition.fallbacks] += group.members
        complete = missing <= self.definition.fallbacks.keys()
        self.not_renderable += 0 if complete else group.members
        return complete

    def _count_parts(self, content: Content, values: Mapping[str, str], members: int) -> None:
        cost = text_parts.count(templates.compile(content.text).render(values, self.definition.fallbacks))
        self.parts += cost.parts * members
        self.most_parts = max(self.most_parts, cost.parts)
        self.encodings[cost.encoding] += members
        self.too_long += members if cost.parts > text_parts.MAX_PARTS else 0


def fields_used(definition: CampaignDefinition) -> frozenset[str]:
    """The merge fields that any of the contents names."""
    return frozenset(name for content in definition.content for each in _templates(content) for name in each.fields)


def request_fields(definition: CampaignDefinition) -> tuple[str, ...]:
    """The merge fields whose values travel in the delivery requests."""
    return tuple(sorted(fields_used(definition) & merge_fields.REQUEST_FIELDS))


def _templates(content: Content) -> tuple[templates.Template, ...]:
    html = templates.compile(content.html, html=True)
    return templates.compile(content.text), templates.compile(content.subject), html
