"""A poll's definition, states and kinds."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from contracts.enums import Effect
from contracts.keywords import normalise


class PollState(StrEnum):
    """scheduled → open → closed → counted. A poll whose closing time came before it could open is lapsed."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"
    COUNTED = "counted"
    LAPSED = "lapsed"


class PollKind(StrEnum):
    """A poll of the union's own, or a canvass beside a statutory ballot that a scrutineer runs."""

    POLL = "poll"
    FOLLOWED_BALLOT = "followed_ballot"


class AnswerBy(StrEnum):
    """How members may answer."""

    TEXT = "text"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer; its position in the poll, from 1, is its number."""

    key: str
    label: str
    keywords: tuple[str, ...] = ()
    effect: str = Effect.NONE.value

    def words(self, number: int) -> Iterator[tuple[str, str]]:
        """Every word that a member may text to choose it, with the field it comes from; `number` is its position."""
        place = f"options.{number - 1}"
        yield place, str(number)
        yield f"{place}.label", normalise(self.label)
        for position, keyword in enumerate(self.keywords):
            yield f"{place}.keywords.{position}", normalise(keyword)


@dataclass(frozen=True, slots=True)
class Translation:
    """The poll's texts in another language; what is empty or absent is shown untranslated."""

    title: str = ""
    question: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    """By option key."""


@dataclass(frozen=True, slots=True)
class PollDefinition:
    """A poll as it was asked for. Never changed afterwards."""

    title: str
    question: str
    kind: str
    body: str
    opens_at: datetime | None
    closes_at: datetime
    answer_by: tuple[str, ...]
    secret: bool
    options: tuple[Option, ...]
    translations: Mapping[str, Translation] = field(default_factory=dict)
    """By language code."""

    def option(self, key: str) -> Option | None:
        """The option with this key."""
        return next((option for option in self.options if option.key == key), None)


def slug(label: str) -> str:
    """An option key made from a label, such as not-yet; empty when it has no latin letter or digit."""
    return re.sub(r"[^a-z0-9]+", "-", normalise(label)).strip("-")[:40]
