"""A poll as it is asked for, and what is wrong with one."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from chassis.errors import Fault
from contracts.date_limits import MAX_AHEAD, MAX_YEARS_AHEAD
from contracts.enums import Effect
from contracts.keywords import is_reserved, normalise


class State(StrEnum):
    """scheduled → open → closed → counted; lapsed when the closing came before anybody could be put on the roll."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"
    COUNTED = "counted"
    LAPSED = "lapsed"


class Kind(StrEnum):
    """A poll of our own, or the canvass beside a statutory ballot that somebody else runs."""

    POLL = "poll"
    FOLLOWED_BALLOT = "followed_ballot"


class AnswerBy(StrEnum):
    """How an answer may come."""

    TEXT = "text"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer; its place in the poll is its number."""

    key: str
    label: str
    keywords: tuple[str, ...] = ()
    effect: str = Effect.NONE


@dataclass(frozen=True, slots=True)
class Translation:
    """The poll's own words in another language; what it lacks is shown untranslated."""

    title: str = ""
    question: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """A poll as it was asked for."""

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

    def stored(self) -> dict[str, Any]:
        """As JSON, times in ISO form."""
        data = asdict(self)
        data["opens_at"] = self.opens_at.isoformat() if self.opens_at else None
        data["closes_at"] = self.closes_at.isoformat()
        data["answer_by"] = list(self.answer_by)
        data["options"] = [{**asdict(option), "keywords": list(option.keywords)} for option in self.options]
        return data


def draft_of(stored: Mapping[str, Any]) -> Draft:
    """Back from JSON."""
    return Draft(
        title=stored["title"],
        question=stored["question"],
        kind=stored["kind"],
        body=stored["body"],
        opens_at=datetime.fromisoformat(stored["opens_at"]) if stored["opens_at"] else None,
        closes_at=datetime.fromisoformat(stored["closes_at"]),
        answer_by=tuple(stored["answer_by"]),
        secret=stored["secret"],
        options=tuple(Option(**{**item, "keywords": tuple(item["keywords"])}) for item in stored["options"]),
        translations={language: Translation(**item) for language, item in stored["translations"].items()},
    )


def slug(label: str) -> str:
    """A key made of a label, such as not-yet."""
    return re.sub(r"[^a-z0-9]+", "-", normalise(label)).strip("-")[:40]


def words_of(number: int, option: Option) -> Iterator[tuple[str, str]]:
    """Every word that stands for an option, with the field it comes from: its number, its label, its keywords."""
    yield f"options.{number - 1}", str(number)
    yield f"options.{number - 1}.label", normalise(option.label)
    for place, keyword in enumerate(option.keywords):
        yield f"options.{number - 1}.keywords.{place}", normalise(keyword)


def faults_of(draft: Draft, now: datetime, *, provider_keywords: bool) -> list[Fault]:
    """All that is wrong with a draft, each by its field."""
    return [
        *_faults_of_time(draft, now),
        *_faults_of_secrecy(draft),
        *_faults_of_keys(draft),
        *_faults_of_words(draft.options, provider_keywords=provider_keywords),
    ]


def _faults_of_time(draft: Draft, now: datetime) -> Iterator[Fault]:
    if draft.closes_at <= now:
        yield Fault("closes_at", "lies in the past")
    if draft.closes_at > now + MAX_AHEAD:
        yield Fault("closes_at", f"is more than {MAX_YEARS_AHEAD} years away")
    if draft.opens_at and draft.opens_at >= draft.closes_at:
        yield Fault("opens_at", "must come before the closing")


def _faults_of_secrecy(draft: Draft) -> Iterator[Fault]:
    if not draft.secret:
        return
    if AnswerBy.TEXT in draft.answer_by:
        yield Fault("answer_by", "a secret ballot can be neither asked nor answered by text")
    else:
        yield Fault("secret", "not offered: who answered what is kept here, so it would not be secret")


def _faults_of_keys(draft: Draft) -> Iterator[Fault]:
    seen: set[str] = set()
    for place, option in enumerate(draft.options):
        if not option.key:
            yield Fault(f"options.{place}.key", "cannot be made of this label: give one")
        elif option.key in seen:
            yield Fault(f"options.{place}.key", f"{option.key} is the key of another option")
        seen.add(option.key)
    for language, translation in draft.translations.items():
        for key in sorted(set(translation.labels) - seen):
            yield Fault(f"translations.{language}.labels.{key}", "there is no such option")


def _faults_of_words(options: Sequence[Option], *, provider_keywords: bool) -> Iterator[Fault]:
    owners = {str(number): number for number in range(1, len(options) + 1)}
    for number, option in enumerate(options, start=1):
        for name, word in words_of(number, option):
            if not word:
                yield Fault(name, "has no letter or digit that could be texted")
            elif is_reserved(word, provider_keywords=provider_keywords):
                yield Fault(name, f"'{word}' is reserved: a member who texts it stops, starts or asks for help")
            elif owners.setdefault(word, number) != number:
                yield Fault(name, f"'{word}' already stands for option {owners[word]}")
