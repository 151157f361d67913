"""The control of the rate against providers of different kinds, simulated: a call every 1/rate seconds."""

import random
from collections.abc import Callable

import pytest
from dispatch.pacing.control import FLOOR, PROVED, RUN, WINDOW, Answer, Control

ALLOWED = 20.0
Provider = Callable[[float], Answer]
"""What it answers to a call at a moment."""


class Limit:
    """Takes `limit` units a second and refuses the rest; up to a second's worth may be saved up."""

    def __init__(self, limit: float) -> None:
        self.limit, self.saved, self.at = limit, 1.0, 0.0

    def __call__(self, now: float) -> Answer:
        self.saved = min(max(1.0, self.limit), self.saved + (now - self.at) * self.limit)
        self.at = now
        if self.saved < 1:
            return Answer.REFUSED
        self.saved -= 1
        return Answer.TAKEN


class Run:
    """Seconds of a simulation; the state goes from one to the next."""

    def __init__(self, allowed: float = ALLOWED) -> None:
        self.control, self.now, self._window = Control(allowed, allowed), 0.0, 0.0

    def until(self, end: float, provider: Provider) -> tuple[float, float, float]:
        """The mean rate, the units taken a second and the share refused from now to `end`."""
        began, calls, refused, rates = self.now, 0, 0, 0.0
        while self.now < end:
            apart = 1 / self.control.rate
            rates += self.control.rate * apart
            self.now += apart
            answer = provider(self.now)
            self.control.take(answer)
            calls, refused = calls + 1, refused + (answer is not Answer.TAKEN)
            if self.control.end_window(self.now - self._window):
                self._window = self.now
        elapsed = self.now - began
        return rates / elapsed, (calls - refused) / elapsed, refused / calls


def faulty(share: float, seed: int = 1) -> Provider:
    chance = random.Random(seed)
    return lambda _: Answer.REFUSED if chance.random() < share else Answer.TAKEN


def down(_: float) -> Answer:
    return Answer.REFUSED


@pytest.mark.parametrize("limit", [2.0, 5.0, 12.0, 19.0])
def test_it_settles_within_a_tenth_of_a_hard_limit(limit: float) -> None:
    run, provider = Run(), Limit(limit)
    run.until(60, provider)
    rate, taken, refused = run.until(360, provider)
    assert rate == pytest.approx(limit, rel=0.1)
    assert taken >= 0.9 * limit
    assert refused <= 0.085


@pytest.mark.parametrize("allowed", [1.0, 5.0, 20.0, 100.0])
@pytest.mark.parametrize(("share", "kept"), [(0.02, 0.95), (0.03, 0.9), (0.05, 0.75)])
def test_a_few_refusals_at_random_leave_most_of_the_rate(allowed: float, share: float, kept: float) -> None:
    for seed in range(5):
        rate, _, _ = Run(allowed).until(600, faulty(share, seed))
        assert rate >= kept * allowed


def test_it_follows_a_limit_that_changes_within_half_a_minute() -> None:
    run = Run()
    for limit in (15.0, 4.0, 15.0):
        provider = Limit(limit)
        run.until(run.now + 30, provider)
        rate, _, _ = run.until(run.now + 60, provider)
        assert rate == pytest.approx(limit, rel=0.1)


def test_a_burst_of_refusals_is_made_up_for_within_twenty_seconds() -> None:
    run = Run()
    run.until(10, faulty(0))
    run.until(11, down)
    run.until(30, faulty(0))
    assert run.control.rate == ALLOWED


def test_after_an_outage_the_whole_rate_is_back_within_seventy_seconds() -> None:
    run = Run()
    run.until(600, down)
    assert run.control.rate == ALLOWED * FLOOR
    run.until(670, faulty(0))
    assert run.control.rate == ALLOWED


def test_a_rest_counts_as_windows_without_a_refusal() -> None:
    control = Control(ALLOWED, ALLOWED * FLOOR)
    assert control.end_window(3600)
    assert control.rate == ALLOWED


def test_a_run_of_doubts_leaves_only_probes_until_some_were_taken() -> None:
    control = Control(ALLOWED, ALLOWED)
    for _ in range(RUN - 1):
        control.take(Answer.DOUBT)
    assert not control.breaker_open
    control.take(Answer.TAKEN)
    control.take(Answer.DOUBT)
    assert not control.breaker_open, "not in a row"
    for _ in range(RUN):
        control.take(Answer.DOUBT)
    assert control.breaker_open
    for _ in range(PROVED - 1):
        control.take(Answer.TAKEN)
    control.take(Answer.DOUBT)
    control.take(Answer.REFUSED)
    for _ in range(PROVED):
        assert control.breaker_open
        control.take(Answer.TAKEN)
    assert not control.breaker_open


def test_a_run_of_doubts_lowers_the_rate() -> None:
    control = Control(ALLOWED, ALLOWED)
    for _ in range(2 * RUN):
        control.take(Answer.DOUBT)
    assert control.end_window(WINDOW)
    assert control.rate == ALLOWED * FLOOR
