"""What a look at the provider's list means."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from dispatch.provider import Found, Lookup, Seen, Stranger, text_mark
from dispatch.settlement.lookup import Bind, Doubt, Hold, LookAgain, Ours, Resend, Rival, decide

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DOUBT = Doubt(
    delivery_id=uuid.uuid4(),
    month=date(2026, 3, 1),
    gen=1,
    looks=0,
    resends=0,
    address="+447700900001",
    sender="",
    mark=b"the text",
    since=NOW,
    until=NOW + timedelta(minutes=10),
    policy="resend",
)
RIVAL = Rival(uuid.uuid4(), DOUBT.mark, NOW, DOUBT.until)
ONE, TWO = Seen("SM1"), Seen("SM2")
NOTHING = Ours()
FIRST_BOUND = Ours(references=frozenset({"SM1"}))


def test_one_message_is_bound() -> None:
    assert decide(DOUBT, Found((ONE,)), NOTHING, 2) == Bind(ONE)


def test_of_more_the_first_is_bound_and_the_others_count_as_duplicates() -> None:
    assert decide(DOUBT, Found((ONE, TWO)), NOTHING, 2) == Bind(ONE, extra=1)


def test_a_message_of_another_attempt_is_not_ours() -> None:
    assert decide(DOUBT, Found((ONE, TWO)), FIRST_BOUND, 2) == Bind(TWO)
    assert decide(DOUBT, Found((ONE,)), FIRST_BOUND, 2) == LookAgain(negative=True)


def test_nothing_must_be_found_twice_before_it_is_sent_again() -> None:
    assert decide(DOUBT, Found(), NOTHING, 2) == LookAgain(negative=True)
    assert decide(replace(DOUBT, looks=1), Found(), NOTHING, 2) == Resend()


@pytest.mark.parametrize("doubt", [replace(DOUBT, policy="hold"), replace(DOUBT, resends=1)])
def test_the_policy_to_hold_and_the_last_attempt_give_it_to_a_person(doubt: Doubt) -> None:
    assert isinstance(decide(replace(doubt, looks=1), Found(), NOTHING, 2), Hold)


STRANGER = Stranger("SM9", (b"other", b"other without the prefix"))
LAST_LOOK = replace(DOUBT, looks=1)


@pytest.mark.parametrize("stranger", [STRANGER, Stranger("SM9")])
def test_a_message_with_another_text_that_nothing_accounts_for_may_be_ours(stranger: Stranger) -> None:
    assert decide(DOUBT, Found(strangers=(stranger,)), NOTHING, 2) == LookAgain(negative=True)
    assert isinstance(decide(LAST_LOOK, Found(strangers=(stranger,)), NOTHING, 2), Hold)


def test_a_message_of_another_campaign_is_accounted_for_by_its_reference_or_its_open_attempt() -> None:
    bound = Ours(references=frozenset({"SM9"}))
    awaited = Ours(rivals=(replace(RIVAL, mark=b"other without the prefix"),))
    unlike = Ours(rivals=(replace(RIVAL, mark=b"a third"),))
    assert decide(LAST_LOOK, Found(strangers=(STRANGER,)), bound, 2) == Resend()
    assert decide(LAST_LOOK, Found(strangers=(STRANGER,)), awaited, 2) == Resend()
    assert isinstance(decide(LAST_LOOK, Found(strangers=(STRANGER,)), unlike, 2), Hold)
    assert isinstance(decide(LAST_LOOK, Found(strangers=(STRANGER, Stranger("SM8"))), bound, 2), Hold)


def test_what_is_found_needs_no_stranger() -> None:
    assert decide(DOUBT, Found((ONE,), (STRANGER,)), NOTHING, 2) == Bind(ONE)


def test_a_list_that_cannot_tell_gives_it_to_a_person() -> None:
    assert isinstance(decide(DOUBT, Found((ONE,), conclusive=False), NOTHING, 2), Hold)


def test_fewer_messages_than_open_attempts_with_that_text_cannot_be_told_apart() -> None:
    rivalled, unripe = Ours(rivals=(RIVAL,)), Ours(rivals=(replace(RIVAL, unripe=True),))
    assert isinstance(decide(DOUBT, Found((ONE,)), rivalled, 2), Hold)
    assert decide(DOUBT, Found((ONE,)), unripe, 2) == LookAgain(negative=False)
    assert decide(DOUBT, Found((ONE, TWO)), rivalled, 2) == Bind(ONE)


@pytest.mark.parametrize(
    "other",
    [
        replace(RIVAL, delivery_id=DOUBT.delivery_id),
        replace(RIVAL, mark=b"another text"),
        replace(RIVAL, since=DOUBT.until + timedelta(minutes=2), until=DOUBT.until + timedelta(minutes=9)),
        replace(RIVAL, since=NOW - timedelta(minutes=9), until=NOW - timedelta(minutes=2)),
    ],
    ids=["our own attempt before", "another text", "a later campaign", "an earlier campaign"],
)
def test_only_another_with_the_same_text_at_the_same_time_is_a_rival(other: Rival) -> None:
    assert decide(DOUBT, Found((ONE,)), Ours(rivals=(other,)), 2) == Bind(ONE)


def test_a_text_is_recognised_by_its_mark_and_blanks_at_the_ends_do_not_count() -> None:
    lookup = Lookup(uuid.uuid4(), 1, "+44", "", NOW, NOW, text_mark(b"k", "+44", "Picket at six "), b"k")
    assert lookup.is_text("Picket at six")
    assert not lookup.is_text("Picket at seven")
    assert not replace(lookup, to="+45").is_text("Picket at six")
