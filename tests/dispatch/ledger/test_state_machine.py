"""Whatever happens in whatever order: the real ledger on PostgreSQL loses nothing and sends nothing twice.

`test_model` looks at every state of one delivery with time and the database modelled; here hypothesis plays with the
library's own statements, with several deliveries, processes and people at once.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.dispatch.house import house_in
from tests.dispatch.ledger.judging import ends, holds
from tests.dispatch.ledger.play import GAP, SPANS, Trial
from tests.dispatch.ledger.unruly import D, Doing, Fate, L, P, Q, T, V
from tests.support.world import World

SUITE = settings(
    max_examples=25,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
"""Derandomized: the same runs every time, so that a failure belongs to the change that is tested. To look further, take
that out and raise the number of examples."""
FATES = st.builds(
    Fate,
    word=st.sampled_from(("accepts", "accepts", "drops", "refuses", "rejects")),
    heard=st.booleans(),
    paused=st.booleans(),
    late=st.booleans(),
    lags=st.booleans(),
) | st.sampled_from((Fate(heard=False), Fate(heard=False, paused=True, late=True, lags=True)))
WAITS = st.sampled_from((5.0, D - T - 5, T + 10, Q, GAP + 1, 900.0))


class Ledger(RuleBasedStateMachine):
    """Its rules run in the session's loop; hypothesis itself is synchronous and sits in a thread of its own."""

    def __init__(self, trial: Trial, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.trial, self.loop = trial, loop

    def do(self, doing: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(doing, self.loop).result(60)

    def works(self, process: int) -> int:
        return len(self.trial.works[process])

    def meanwhile(self, number: int) -> Doing | None:
        """What another process does at a moment in the middle of something: it writes what it knows, or claims."""
        for process in (0, 1):
            if self.works(process):
                return lambda: self.trial.answer(process, number % self.works(process))
        return None if number % 2 else lambda: self.trial.claim(1, 2)

    @initialize(asked=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3)), min_size=1, max_size=4))
    def begin(self, asked: list[tuple[int, int]]) -> None:
        self.do(self.trial.begin())
        for campaign, member in asked:
            self.do(self.trial.ask(campaign, member))

    @rule(campaign=st.integers(0, 1), member=st.integers(0, 3))
    def asks(self, campaign: int, member: int) -> None:
        self.do(self.trial.ask(campaign, member))

    @rule(process=st.integers(0, 1), most=st.integers(1, 3))
    def claims(self, process: int, most: int) -> None:
        self.do(self.trial.claim(process, most))

    @rule(process=st.integers(0, 1), fate=FATES)
    def sends(self, process: int, fate: Fate) -> None:
        """A claim and its calls, as one loop makes them."""
        before = self.works(process)
        self.do(self.trial.claim(process, 2))
        for number in reversed(range(before, self.works(process))):
            self.do(self.trial.post(process, number, fate))

    @precondition(lambda self: self.works(0) or self.works(1))
    @rule(number=st.integers(0, 5), fate=FATES)
    def calls(self, number: int, fate: Fate) -> None:
        process, number = self.pick(number)
        if self.trial.works[process][number].request is None:
            self.do(self.trial.post(process, number, fate))

    @precondition(lambda self: self.works(0) or self.works(1))
    @rule(number=st.integers(0, 5))
    def writes_an_outcome(self, number: int) -> None:
        process, number = self.pick(number)
        if self.trial.works[process][number].request is not None:
            self.do(self.trial.answer(process, number))

    def pick(self, number: int) -> tuple[int, int]:
        works = [(process, index) for process in (0, 1) for index in range(self.works(process))]
        return works[number % len(works)]

    @precondition(lambda self: self.works(0) or self.works(1))
    @rule(process=st.integers(0, 1))
    def is_killed(self, process: int) -> None:
        self.trial.kill(process)

    @precondition(lambda self: self.trial.provider.book)
    @rule(
        number=st.integers(0, 5),
        status=st.sampled_from(("accepted", "delivered", "undelivered")),
        gen=st.sampled_from((0, 0, 0, 9)),
        times=st.integers(1, 2),
    )
    def a_receipt_comes(self, number: int, status: str, gen: int, times: int) -> None:
        for _ in range(times):
            self.do(self.trial.receipt(number % len(self.trial.provider.book), status, gen))

    @precondition(lambda self: len(self.trial.provider.book) > 1)
    @rule(number=st.integers(0, 5), status=st.sampled_from(("accepted", "delivered", "undelivered")))
    def a_receipt_comes_with_another_reference(self, number: int, status: str) -> None:
        count = len(self.trial.provider.book)
        self.do(self.trial.receipt_with_another_reference(number % count, (number + 1) % count, status))

    @rule(lists=st.booleans(), number=st.integers(0, 5))
    def the_reconciler_looks(self, lists: bool, number: int) -> None:
        self.do(self.trial.look(lists, self.meanwhile(number)))

    @rule(stalled=st.integers(0, 2), fate=FATES)
    def what_is_not_found_is_tried_again(self, stalled: int, fate: Fate) -> None:
        """Several steps in one, because chance alone seldom comes as far as a second attempt: a process claims and
        stalls, and another takes over."""
        if stalled:
            self.do(self.trial.claim(0, stalled))
        self.do(self.trial.search())
        self.sends(1, fate)

    @precondition(lambda self: self.trial.provider.requests or self.works(0) or self.works(1))
    @rule(seconds=WAITS)
    def time_passes(self, seconds: float) -> None:
        self.do(self.trial.wait(seconds))

    @precondition(lambda self: self.trial.provider.requests)
    @rule()
    def a_person_decides(self) -> None:
        self.do(self.trial.decide())

    @rule(killed=st.booleans(), number=st.integers(0, 5))
    def it_is_told(self, killed: bool, number: int) -> None:
        self.do(self.trial.publish(killed, self.meanwhile(number)))

    @precondition(lambda self: len(self.trial.asked) > 3)
    @rule(member=st.integers(0, 3))
    def a_member_is_erased(self, member: int) -> None:
        self.do(self.trial.erase(member))

    @precondition(lambda self: len(self.trial.asked) > 3)
    @rule(member=st.integers(0, 3))
    def a_member_texts_stop(self, member: int) -> None:
        self.do(self.trial.stop(member))

    @invariant()
    def it_holds(self) -> None:
        self.do(holds(self.trial))

    def teardown(self) -> None:
        self.do(ends(self.trial))


async def play(trial: Trial, how: settings) -> None:
    loop = asyncio.get_running_loop()

    def machine() -> Ledger:
        return Ledger(trial, loop)

    play_it: Any = run_state_machine_as_test  # typed for classes; it takes whatever makes a machine
    await asyncio.to_thread(play_it, machine, settings=how)


@pytest.fixture
async def trial(world: World) -> AsyncIterator[Trial]:
    async with house_in(world, **SPANS) as house:
        yield Trial(house)


async def test_nothing_is_lost_and_nothing_sent_twice_in_some_orders(trial: Trial) -> None:
    await play(trial, settings(SUITE, max_examples=5, stateful_step_count=12))


@pytest.mark.long
async def test_nothing_is_lost_and_nothing_sent_twice_in_whatever_order(trial: Trial) -> None:
    await play(trial, SUITE)


SHORTER: dict[str, dict[str, float]] = {
    "pause": {"pause_seconds": 0.0, "doubt_seconds": L + V},
    "late": {"late_accept_seconds": 0.0, "doubt_seconds": P + V},
    "lag": {"list_lag_seconds": 0.0, "doubt_seconds": P + L},
}
AT_WORST = Fate(heard=False, paused=True, late=True, lags=True)


async def worst(trial: Trial) -> None:
    """Begun at the last moment, paused as long as may be, accepted as late and listed as late as may be."""
    await trial.begin()
    await trial.ask(0, 0)
    await trial.claim(0, 1)
    await trial.wait(D - T - 20)
    await trial.post(0, 0, AT_WORST)
    await trial.search()
    await trial.claim(1, 1)
    if trial.works[1]:
        await trial.post(1, 0, Fate())
    await holds(trial)
    await ends(trial)


async def test_a_wait_of_the_spans_together_is_long_enough_at_the_worst(trial: Trial) -> None:
    await worst(trial)


async def test_a_process_that_wakes_after_another_took_over_cannot_have_it_sent_a_third_time(trial: Trial) -> None:
    """Crash matrix 13. Without the generation check `NOT_SENT` of the first attempt undoes the second."""
    await trial.begin()
    await trial.ask(0, 0)
    await trial.claim(0, 1)
    await trial.search()
    await trial.claim(1, 1)
    await trial.post(1, 0, Fate(heard=False))
    await trial.post(0, 0, Fate())
    await ends(trial)


@pytest.mark.parametrize("span", SHORTER)
async def test_the_judge_catches_a_wait_that_is_shorter_than_one_of_the_spans(world: World, span: str) -> None:
    """The settings promise less than the carrier does; a machine that cannot fail would be worth nothing."""
    async with house_in(world, **(SPANS | SHORTER[span])) as house:
        with pytest.raises(AssertionError, match="sent twice"):
            await worst(Trial(house))
