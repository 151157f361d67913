"""Ballot's rules, without an event loop."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import orjson
import pytest
from ballot.domain.answers import Matcher, answer_of, is_answer, storable, turnout_effects
from ballot.domain.disclosure import MIN_PEOPLE, breakdown, totals
from ballot.domain.poll_validation import faults_of
from ballot.domain.polls import Option, PollDefinition, Translation, slug
from ballot.models import DefinitionJson
from contracts.enums import Effect
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql.base import PGDialect

from tests.ballot.builders import reply

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
OPTIONS = (
    Option("yes", "Yes, I will", ("yes", "ie", "aye"), Effect.VOTED),
    Option("no", "No", ("nage", "pas d'accord"), Effect.KEEP_CHASING),
    Option("later", "Ask me later", ("plus tard",), Effect.NONE),
)


def definition(**changes: object) -> PollDefinition:
    """A valid definition, but for the changes."""
    values: dict[str, object] = {
        "title": "Strike?",
        "question": "Will you strike?",
        "kind": "poll",
        "body": "union",
        "opens_at": None,
        "closes_at": NOW + timedelta(days=1),
        "answer_by": ("link", "text"),
        "secret": False,
        "options": OPTIONS,
    }
    return PollDefinition(**(values | changes))  # type: ignore[arg-type]


def faults(now: datetime = NOW, *, provider_keywords: bool = False, **changes: object) -> dict[str, str]:
    """The faults of a definition by field."""
    found = faults_of(definition(**changes), now, provider_keywords=provider_keywords)
    return {fault.field: fault.reason for fault in found}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("yes", "yes"),
        ("Yes!", "yes"),
        ("  YES.  ", "yes"),
        ("“Yes”".replace("“", '"').replace("”", '"'), "yes"),
        ("1", "yes"),
        ("1.", "yes"),
        ("(2)", "no"),
        ("２", "no"),
        ("yes, i will", "yes"),
        ("Pas  d'accord", "no"),
        ("PLUS TARD…", "later"),
        ("Nâge", "no"),
    ],
)
def test_an_answer_is_understood_whatever_its_case_accents_and_punctuation(text: str, key: str) -> None:
    option = Matcher(OPTIONS).match(text)
    assert option is not None
    assert option.key == key


@pytest.mark.parametrize(
    "text", ["yes but...", "yes no", "11", "4", "0", "", "!!!", "y es", "not yes", "yess", "1 or 2"]
)
def test_a_text_that_is_not_one_of_the_words_is_not_matched(text: str) -> None:
    assert Matcher(OPTIONS).match(text) is None


@given(st.text(max_size=30))
def test_any_text_is_matched_to_a_declared_word_or_not_at_all(text: str) -> None:
    option = Matcher(OPTIONS).match(text)
    assert option is None or option in OPTIONS
    assert "\x00" not in storable(text)


def test_stop_start_and_help_are_no_answers_and_an_unknown_intent_is_listed() -> None:
    assert [is_answer(reply(uuid4(), None, "x", intent=intent)) for intent in ("stop", "start", "help")] == [False] * 3
    puzzled = reply(uuid4(), None, "yes", intent="question")
    assert is_answer(puzzled)
    assert answer_of(puzzled, uuid4(), definition(), Matcher(OPTIONS)).option is None


def test_a_text_does_not_answer_a_poll_that_is_asked_by_link_only() -> None:
    said = reply(uuid4(), None, "yes")
    assert answer_of(said, uuid4(), definition(answer_by=("link",)), Matcher(OPTIONS)).option is None
    assert answer_of(said, uuid4(), definition(), Matcher(OPTIONS)).option == OPTIONS[0]


def test_a_stop_in_other_words_is_an_answer_where_it_is_one_and_a_picture_is_kept_as_such() -> None:
    options = (*OPTIONS, Option("leave", "Leave me alone", (), Effect.DO_NOT_ASK))
    said = reply(uuid4(), None, "leave me alone", intent="unclear_stop")
    assert answer_of(said, uuid4(), definition(), Matcher(options)).option == options[-1]
    picture = answer_of(reply(uuid4(), None, "", media=1), uuid4(), definition(), Matcher(options))
    assert (picture.text, picture.option) == ("(picture)", None)


def test_words_that_collide_after_normalising_are_refused_by_field() -> None:
    options = (Option("a", "Yes", ("oui",)), Option("b", "No", ("yés!",)), Option("c", "Perhaps", ("1", "  ", "OUI")))
    found = faults(options=options)
    assert found == {
        "options.1.keywords.0": "'yes' already stands for option 1",
        "options.2.keywords.0": "'1' already stands for option 1",
        "options.2.keywords.1": "has no letter or digit that could be texted",
        "options.2.keywords.2": "'oui' already stands for option 1",
    }


def test_an_option_may_repeat_its_own_words_and_its_own_number() -> None:
    assert faults(options=(Option("a", "Aye", ("aye", "1")), Option("b", "Nay", ("nay",)))) == {}


def test_reserved_words_are_refused_and_the_providers_only_where_it_handles_them() -> None:
    assert set(faults(options=(*OPTIONS[1:], Option("x", "Halt", ("STOP!",))))) == {"options.2.keywords.0"}
    assert faults() == {}
    assert set(faults(provider_keywords=True)) == {"options.0.keywords.0"}


def test_a_secret_ballot_by_text_is_refused_and_by_link_not_offered() -> None:
    assert "by text" in faults(secret=True)["answer_by"]
    assert "not offered" in faults(secret=True, answer_by=("link",))["secret"]


def test_times_keys_and_translations_are_checked() -> None:
    assert set(faults(closes_at=NOW)) == {"closes_at"}
    assert "years" in faults(closes_at=NOW + timedelta(days=180 * 365))["closes_at"]
    assert set(faults(opens_at=NOW + timedelta(days=2))) == {"opens_at"}
    assert set(faults(options=(Option("a", "One"), Option("a", "Two")))) == {"options.1.key"}
    assert set(faults(options=(Option(slug("ゼロ"), "ゼロ"), Option("a", "Two")))) == {"options.0.key"}
    assert set(faults(translations={"cy": Translation(labels={"other": "Arall"})})) == {"translations.cy.labels.other"}


def test_a_definition_comes_back_from_its_stored_form() -> None:
    given = definition(opens_at=NOW, translations={"cy": Translation("Streic?", "", {"yes": "Ie"})})
    column, dialect = DefinitionJson(), PGDialect()  # type: ignore[no-untyped-call]
    stored = orjson.dumps(column.process_bind_param(given, dialect))
    assert column.process_result_value(orjson.loads(stored), dialect) == given


def test_turnout_of_a_canvass_is_those_who_say_that_they_have_voted() -> None:
    assert turnout_effects("followed_ballot") == (Effect.VOTED,)
    assert set(turnout_effects("poll")) == set(Effect)


def test_fewer_than_ten_answers_are_not_broken_down() -> None:
    assert totals({"yes": 8, "no": 1}) == {"yes": None, "no": None}
    assert totals({"yes": 9, "no": 1}) == {"yes": 9, "no": 1}


def test_a_single_hidden_branch_takes_the_next_smallest_with_it() -> None:
    assert breakdown({"a": 3, "b": 40, "c": 30}) == {"a": None, "b": 40, "c": None}
    assert breakdown({"a": 3, "b": 4, "c": 30, "d": 50}) == {"a": None, "b": None, "c": None, "d": 50}
    assert breakdown({"a": 30, "b": 10}) == {"a": 30, "b": 10}
    assert breakdown({"a": 3}) == {"a": None}


@settings(max_examples=300)
@given(st.dictionaries(st.integers(), st.integers(min_value=0, max_value=60), max_size=8))
def test_no_hidden_figure_follows_by_subtracting(counts: dict[int, int]) -> None:
    told = breakdown(counts)
    hidden = [key for key, figure in told.items() if figure is None]
    shown = {key: figure for key, figure in told.items() if figure is not None}
    assert shown == {key: counts[key] for key in shown}
    assert all(figure >= MIN_PEOPLE for figure in shown.values())
    if hidden and shown:
        assert len(hidden) > 1
        assert sum(counts.values()) - sum(shown.values()) >= MIN_PEOPLE
