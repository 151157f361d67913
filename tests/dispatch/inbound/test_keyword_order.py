"""STOP and START from the list and by webhook, in every order."""

import uuid
from datetime import timedelta

import pytest
from contracts.enums import Intent
from dispatch.inbound.keyword_order import LISTED, Keyword, Standing, ruling, waits_for_the_list

from tests.dispatch.events import NOON

FIRST, SECOND = uuid.uuid4(), uuid.uuid4()


def keyword(intent: Intent, seconds: float, reply_id: uuid.UUID = FIRST) -> Keyword:
    return Keyword(reply_id, intent, NOON + timedelta(seconds=seconds))


def standing(since: float, lifted: float | None = None, source: str = "keyword", of: uuid.UUID = SECOND) -> Standing:
    lifted_at = None if lifted is None else NOON + timedelta(seconds=lifted)
    return Standing(NOON + timedelta(seconds=since), lifted_at, source, of)


@pytest.mark.parametrize(
    ("known", "listed", "counts", "at"),
    [
        # a STOP that only the list brought
        (None, [keyword(Intent.STOP, 0)], True, 0),
        (standing(-99, lifted=61), [keyword(Intent.STOP, 0)], False, 0),
        (standing(-99, lifted=60), [keyword(Intent.STOP, 0)], True, 60),
        (standing(-99, lifted=-9), [keyword(Intent.STOP, 0)], True, 0),
        # a START that only the list brought
        (None, [keyword(Intent.START, 0)], True, 0),
        (standing(0), [keyword(Intent.START, 61)], True, 61),
        (standing(0), [keyword(Intent.START, 60)], False, 0),
        (standing(0), [keyword(Intent.START, -5)], False, -5),
        # the provider's own order: the STOP in force is the one listed before
        (standing(9), [keyword(Intent.STOP, 2, SECOND), keyword(Intent.START, 5)], True, 9.000001),
        (standing(1), [keyword(Intent.STOP, 1, SECOND), keyword(Intent.START, 5)], True, 5),
        (standing(9), [keyword(Intent.STOP, 5, SECOND), keyword(Intent.START, 5)], True, 5),
        (standing(9), [keyword(Intent.START, 5), keyword(Intent.STOP, 7, SECOND)], True, 7),
        # a webhook's START arrived late, and the lost STOP was sent after it
        (standing(14, lifted=14), [keyword(Intent.START, 5, SECOND), keyword(Intent.STOP, 9)], True, 14),
        (standing(14, lifted=14), [keyword(Intent.STOP, 3), keyword(Intent.START, 5, SECOND)], True, 5),
    ],
)
def test_a_start_lifts_only_if_it_is_a_minute_later_or_listed_later(
    known: Standing | None, listed: list[Keyword], counts: bool, at: float
) -> None:
    ruled = ruling(known, listed)
    assert (ruled.counts, ruled.at) == (counts, NOON + timedelta(seconds=at))


def test_a_tie_is_a_stop() -> None:
    tie = [keyword(Intent.STOP, 5), keyword(Intent.START, 5, SECOND)]
    assert {ruling(None, order).last.intent for order in (tie, tie[::-1])} == {Intent.STOP}


@pytest.mark.parametrize(
    ("known", "waits"),
    [
        (None, False),
        (standing(0), False),
        (standing(0, source=LISTED), True),
        (standing(-60, source=LISTED), False),
        (standing(0, lifted=0, source=LISTED), False),
    ],
)
def test_a_start_by_webhook_close_to_a_listed_stop_waits_for_the_list(known: Standing | None, waits: bool) -> None:
    assert waits_for_the_list(known, NOON + timedelta(seconds=20)) is waits
