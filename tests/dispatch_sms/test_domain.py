"""What the SMS dispatcher decides, without a loop, a database or a carrier."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from content.text_parts import count
from contracts.enums import Intent
from dispatch_sms.domain.callbacks import Attempt, attempt_in, callback_url
from dispatch_sms.domain.codes import CODES, Mends, meaning
from dispatch_sms.domain.keyword_answers import WORDS, answer
from dispatch_sms.domain.matching import CLOCK_SLACK, Listed, Window, is_ours
from dispatch_sms.domain.numbers import e164
from dispatch_sms.domain.outcomes import provider_code
from dispatch_sms.domain.retry_after import seconds
from dispatch_sms.domain.statuses import ledger_status

NOON = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("queued", "accepted"),
        ("sending", "accepted"),
        ("sent", "accepted"),
        ("delivered", "delivered"),
        ("read", "delivered"),
        ("undelivered", "undelivered"),
        ("failed", "undelivered"),
        ("a-word-of-next-year", "accepted"),
        ("", "accepted"),
    ],
)
def test_every_status_word_has_its_place_in_the_ledger(word: str, status: str) -> None:
    assert ledger_status(word) == status


def test_only_codes_about_the_number_mark_the_number() -> None:
    bad = {code for code, said in CODES.items() if said.address_bad}
    assert bad == {"21211", "21217", "21265", "21266", "21604", "21614", "21635", "30005", "30006"}
    assert {code for code, said in CODES.items() if said.opted_out} == {"21610"}


def test_what_we_could_mend_is_never_held_against_the_number() -> None:
    ours = [said for said in CODES.values() if said.mends is not Mends.NOBODY]
    assert len(ours) > 20
    assert not any(said.address_bad or said.opted_out for said in ours)


def test_an_unknown_code_is_no_judgement_of_the_number() -> None:
    said = meaning("39999")
    assert (said.reason, said.address_bad, said.opted_out) == ("provider_error", False, False)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"code": 21211}', "21211"),
        ('{"code": "21211"}', ""),
        ('{"code": 400}', ""),
        ('{"code": true}', ""),
        ('{"code": null}', ""),
        ("[21211]", ""),
        ("<html>", ""),
        ("", ""),
    ],
)
def test_only_five_digits_are_twilios_own_code(body: str, code: str) -> None:
    assert provider_code(body) == code


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("3", 3.0),
        ("0.5", 0.5),
        ("-1", 0.0),
        ("nan", 1.0),
        ("inf", 3600.0),
        ("Mon, 02 Mar 2026 12:00:30 GMT", 30.0),
        ("Mon, 02 Mar 2026 11:00:00 GMT", 0.0),
        ("later", 1.0),
        ("", 1.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str, wait: float) -> None:
    assert seconds(header, NOON) == wait


def _listed(**fields: object) -> Listed:
    values = {"reference": "SM1", "sender": "+44770", "service": "", "text": "Vote", "created": NOON, "outbound": True}
    return Listed(**{**values, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "ours"),
    [
        ({}, True),
        ({"created": NOON - CLOCK_SLACK}, True),
        ({"created": NOON - CLOCK_SLACK - timedelta(seconds=1)}, False),
        ({"created": NOON + timedelta(minutes=1) + CLOCK_SLACK + timedelta(seconds=1)}, False),
        ({"created": None}, True),
        ({"sender": "+44771"}, False),
        ({"sender": "", "service": "+44770"}, True),
        ({"text": "vote"}, False),
        ({"outbound": False}, False),
    ],
)
def test_a_listed_message_is_ours_by_sender_time_and_text(fields: dict[str, object], ours: bool) -> None:
    window = Window("+44770", NOON, NOON + timedelta(minutes=1), lambda text: text == "Vote")
    assert is_ours(_listed(**fields), window) is ours


@pytest.mark.parametrize("language", ["en", "cy", "fr"])
@pytest.mark.parametrize("intent", [Intent.STOP, Intent.START, Intent.HELP])
def test_every_keyword_is_answered_in_one_part_that_names_the_union(language: str, intent: Intent) -> None:
    text = answer(intent, language, union="Lecturers' Union", contact="020 7946 0000")
    assert text.startswith("Lecturers' Union")
    billed = count(text)
    assert (billed.parts, billed.encoding) == (1, "GSM-7")


def test_the_answer_to_help_says_how_to_stop_and_whom_to_ask() -> None:
    text = answer(Intent.HELP, "en", union="Lecturers' Union", contact="020 7946 0000")
    assert "STOP" in text
    assert text.endswith("020 7946 0000")


def test_a_regional_language_tag_counts_and_an_unknown_one_is_answered_in_english() -> None:
    assert answer(Intent.STOP, "cy-GB", union="U") == WORDS["cy"][Intent.STOP].format(union="U")
    assert (
        answer(Intent.STOP, "pl", union="U")
        == answer(Intent.STOP, "", union="U")
        == "U" + (": you will get no more texts from us. Text START to get them again.")
    )


def test_an_ordinary_text_is_answered_with_nothing() -> None:
    assert answer(Intent.ANSWER, "en", union="U") == ""


def test_the_callback_names_delivery_and_attempt_and_asks_for_retries() -> None:
    url = callback_url("https://x.example", UUID(int=1), 2, "ab")
    assert url == f"https://x.example/webhooks/twilio/status?d={UUID(int=1)}&g=2&m=ab#rc=5&rp=all"


def test_a_callbacks_query_names_its_attempt() -> None:
    assert attempt_in(f"d={UUID(int=1)}&g=2&m=ab") == Attempt(UUID(int=1), 2, "ab")


@pytest.mark.parametrize("query", ["", "d=1&g=2&m=ab", f"d={UUID(int=1)}&g=two&m=ab", f"d={UUID(int=1)}&g=2", "&&&"])
def test_another_query_names_none(query: str) -> None:
    assert attempt_in(query) is None


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+44 7700 900123", "+447700900123"),
        ("+44 (0)7700-900123", "+447700900123"),
        ("07700 900123", None),
        ("+1", None),
        ("call me", None),
    ],
)
def test_a_number_needs_its_country_code(written: str, number: str | None) -> None:
    assert e164(written) == number
