"""What is wrong with the definition of a poll."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from ballot.domain.polls import AnswerBy, Option, PollDefinition
from chassis.errors import Fault
from contracts.date_limits import MAX_AHEAD, MAX_YEARS_AHEAD
from contracts.keywords import is_reserved


def faults_of(definition: PollDefinition, now: datetime, *, provider_keywords: bool) -> list[Fault]:
    """Every fault, each with its field. `provider_keywords`: the SMS provider reserves words of its own."""
    return [
        *_time_faults(definition, now),
        *_secrecy_faults(definition),
        *_key_faults(definition),
        *_word_faults(definition.options, provider_keywords=provider_keywords),
    ]


def _time_faults(definition: PollDefinition, now: datetime) -> Iterator[Fault]:
    if definition.closes_at <= now:
        yield Fault("closes_at", "lies in the past")
    if definition.closes_at > now + MAX_AHEAD:
        yield Fault("closes_at", f"is more than {MAX_YEARS_AHEAD} years away")
    if definition.opens_at and definition.opens_at >= definition.closes_at:
        yield Fault("opens_at", "must come before the closing")


def _secrecy_faults(definition: PollDefinition) -> Iterator[Fault]:
    if not definition.secret:
        return
    if AnswerBy.TEXT in definition.answer_by:
        yield Fault("answer_by", "a secret ballot can be neither asked nor answered by text")
    else:
        yield Fault("secret", "not offered: who answered what is stored, so the ballot would not be secret")


def _key_faults(definition: PollDefinition) -> Iterator[Fault]:
    seen: set[str] = set()
    for position, option in enumerate(definition.options):
        if not option.key:
            yield Fault(f"options.{position}.key", "cannot be made from this label: give one")
        elif option.key in seen:
            yield Fault(f"options.{position}.key", f"{option.key} is the key of another option")
        seen.add(option.key)
    for language, translation in definition.translations.items():
        for key in sorted(set(translation.labels) - seen):
            yield Fault(f"translations.{language}.labels.{key}", "there is no such option")


def _word_faults(options: Sequence[Option], *, provider_keywords: bool) -> Iterator[Fault]:
    owners = {str(number): number for number in range(1, len(options) + 1)}
    for number, option in enumerate(options, start=1):
        for name, word in option.words(number):
            if not word:
                yield Fault(name, "has no letter or digit that could be texted")
            elif is_reserved(word, provider_keywords=provider_keywords):
                yield Fault(name, f"'{word}' is reserved: a member who texts it stops, starts or asks for help")
            elif owners.setdefault(word, number) != number:
                yield Fault(name, f"'{word}' already stands for option {owners[word]}")
