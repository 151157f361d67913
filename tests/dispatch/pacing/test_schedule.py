"""Who starts when, of several senders under one rate."""

import uuid
from itertools import pairwise

import pytest
from dispatch.pacing.control import Control
from dispatch.pacing.rows import Row
from dispatch.pacing.schedule import Want, schedule

NEWSLETTER, NOTE = uuid.uuid4(), uuid.uuid4()


def row(rate: float, free_in: float = 0.0) -> Row:
    return Row(Control(rate, rate), arrival=free_in, began=0.0, now=0.0)


def given(wants: list[Want], rows: dict[str, Row], units: int = 5, rate: float = 20.0) -> dict[str, list[float]]:
    return schedule(wants, rows, row(rate), units, 1 / rate, latest=0.25)


def test_a_slow_sender_has_its_own_rate_and_the_others_have_the_rest() -> None:
    wants = [Want("slow", 100, NEWSLETTER), Want("quick", 100, NOTE)]
    starts = given(wants, {"slow": row(1.0), "quick": row(20.0)})
    assert starts["slow"] == [0.0]
    assert starts["quick"] == pytest.approx([0.05, 0.10, 0.15, 0.20])


def test_a_sender_that_may_start_later_does_not_keep_the_others_until_then() -> None:
    wants = [Want("slow", 100, NEWSLETTER), Want("quick", 100, NOTE)]
    starts = given(wants, {"slow": row(1.0, free_in=0.12), "quick": row(20.0)})
    assert starts["slow"] == pytest.approx([0.15])
    assert starts["quick"] == pytest.approx([0.0, 0.05, 0.10, 0.20])


def test_of_two_senders_an_urgent_message_goes_first() -> None:
    wants = [Want("a", 100, NEWSLETTER), Want("b", 2, NOTE, urgent=True)]
    starts = given(wants, {"a": row(20.0), "b": row(20.0)})
    assert starts["b"] == pytest.approx([0.0, 0.05])


def test_a_campaign_in_many_names_has_one_turn_beside_another() -> None:
    wants = [Want(f"branch {number}", 100, NEWSLETTER) for number in range(40)] + [Want("union", 100, NOTE)]
    starts = given(wants, {want.sender: row(20.0) for want in wants}, units=20)
    assert len(starts["union"]) == 10
    assert all(len(starts[f"branch {number}"]) == 1 for number in range(10))


def test_who_has_few_messages_leaves_the_other_units_to_the_others() -> None:
    wants = [Want("few", 1, NOTE), Want("many", 100, NEWSLETTER)]
    starts = given(wants, {"few": row(20.0), "many": row(20.0)}, units=10)
    assert (len(starts["few"]), len(starts["many"])) == (1, 9)


def test_senders_together_keep_to_the_rate_of_all_and_each_to_its_own() -> None:
    rows, total = {f"s{number}": row(3.0) for number in range(30)}, row(20.0)
    wants = [Want(sender, 100, uuid.uuid4()) for sender in rows]
    starts: dict[str, list[float]] = {}
    for turn in range(400):
        total.now = turn * 0.05
        if total.arrival > total.now + 0.25:
            continue
        drawn = schedule(wants, rows, total, 5, 0.05, latest=total.now + 0.25)
        for sender, of in drawn.items():
            starts.setdefault(sender, []).extend(of)
        wants = sorted(wants, key=lambda want: want.sender in drawn)
    everything = sorted(start for of in starts.values() for start in of)
    assert all(later - earlier >= 0.05 - 1e-9 for earlier, later in pairwise(everything))
    assert len(everything) >= 20 * 20
    for of in starts.values():
        assert all(later - earlier >= 1 / 3 - 1e-9 for earlier, later in pairwise(of))
    counts = sorted(len(of) for of in starts.values())
    assert counts[-1] - counts[0] <= 2, "none starves"
