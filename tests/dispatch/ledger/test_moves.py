"""Evidence moves a row forward only, from any part and in any order."""

import itertools
from dataclasses import replace

import pytest
from dispatch.ledger.moves import Move, Row, after
from dispatch.ledger.states import EVIDENCE, PAIRS, TERMINAL, TRANSITIONS, Happening, State
from hypothesis import given
from hypothesis import strategies as st

SENDING = Row(State.SENDING, gen=1, rev=1)


def moved(row: Row, *happenings: Happening, gen: int = 1) -> Row:
    for happening in happenings:
        row = after(row, Move(happening, "test", gen=gen, reference="r"))
    return row


def test_every_transition_of_the_table_raises_the_revision_and_notes_the_status() -> None:
    for (state, happening), to in TRANSITIONS.items():
        row = after(Row(state, gen=1, rev=4), Move(happening, "test", gen=1))
        assert (row.state, row.rev, row.passed) == (to, 5, ((5, to.value, 1, "test", {}),))


def test_what_the_table_does_not_name_changes_nothing() -> None:
    for state, happening in itertools.product(State, Happening):
        if (state, happening) not in TRANSITIONS:
            row = Row(state, gen=1, rev=4)
            assert after(row, Move(happening, "test", gen=1)) is row


def test_only_skipped_of_the_ends_yields_to_evidence() -> None:
    ways_out = {was for was, _ in PAIRS if was in TERMINAL}
    assert ways_out == {State.SKIPPED}


def test_an_early_receipt_takes_a_sending_row_to_its_end_and_the_answer_changes_nothing() -> None:
    row = moved(SENDING, Happening.ARRIVED)
    assert row.state is State.DELIVERED
    assert moved(row, Happening.TOOK, Happening.LOST_SIGHT, Happening.FAILED) is row


@pytest.mark.parametrize("happening", sorted(set(Happening) - EVIDENCE - {Happening.REFUSED, Happening.CLAIMED}))
def test_a_stalled_sender_cannot_touch_the_next_attempt(happening: Happening) -> None:
    for state in (State.SENDING, State.IN_DOUBT):
        row = Row(state, gen=2, rev=5)
        assert moved(row, happening, gen=1) is row


def test_evidence_of_an_earlier_attempt_keeps_a_waiting_row_from_being_sent_again() -> None:
    waiting = moved(replace(SENDING, state=State.IN_DOUBT), Happening.NOT_FOUND)
    assert (waiting.state, waiting.resends) == (State.REQUESTED, 1)
    assert moved(waiting, Happening.TOOK).state is State.ACCEPTED


def test_evidence_about_what_was_never_sent_changes_nothing() -> None:
    row = Row(State.REQUESTED, gen=0, rev=0)
    assert after(row, Move(Happening.ARRIVED, "receipt", gen=None)) is row
    assert after(SENDING, Move(Happening.ARRIVED, "receipt", gen=2)) is SENDING


def test_a_receipt_that_names_no_attempt_speaks_of_the_latest() -> None:
    assert after(SENDING, Move(Happening.FAILED, "bounce", code="5.1.1")).state is State.UNDELIVERED


@given(st.permutations([Happening.TOOK, Happening.ARRIVED, Happening.TOOK, Happening.ARRIVED]))
def test_receipts_in_any_order_end_delivered(happenings: list[Happening]) -> None:
    assert moved(SENDING, *happenings).state is State.DELIVERED


@given(st.lists(st.tuples(st.sampled_from(Happening), st.integers(1, 2)), max_size=12))
def test_once_the_provider_has_it_no_row_waits_or_is_in_doubt_again(moves: list[tuple[Happening, int]]) -> None:
    row, had = SENDING, False
    for happening, gen in moves:
        row = after(row, Move(happening, "test", gen=gen))
        had = had or row.state in {State.ACCEPTED, State.DELIVERED, State.UNDELIVERED, State.EXPIRED}
        assert not had or row.state in {State.ACCEPTED, State.DELIVERED, State.UNDELIVERED, State.EXPIRED}
