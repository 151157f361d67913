"""One true rate, for any number of processes."""

import asyncio
import itertools
import time
import uuid
from itertools import pairwise

import pytest
from dispatch.pacing.control import PROVED, RUN, Answer
from dispatch.pacing.pace import Pace, Slots, Taken
from dispatch.pacing.schedule import Want
from dispatch.pacing.turnstile import Turnstile
from sqlalchemy import event

from tests.dispatch.events import campaign, member
from tests.dispatch.house import House, house_in
from tests.dispatch.pacing.test_control import Limit
from tests.support.facts import eventually
from tests.support.world import World

RATE = 20.0
ALLOWANCE = 11
"""Two windows (a quarter of a second's worth each), rounded up: what a late claim makes at once, and what a draw gave
whose answer was late in coming."""


CAMPAIGN = uuid.uuid4()
ROW = """
SELECT rate, CAST(extract(epoch FROM theoretical_arrival - clock_timestamp()) AS double precision) AS ahead
FROM rates WHERE sender = 'x'
"""


async def take(pace: Pace, units: int, ahead: float = 0.0) -> Slots | float:
    """What one sender is given."""
    return await pace.share([Want("x", units, CAMPAIGN)], units, ahead=ahead)


def busiest_second(times: list[float]) -> int:
    return max(sum(start <= other < start + 1 for other in times) for start in times)


async def test_several_processes_together_keep_to_the_rate(world: World) -> None:
    async with house_in(world, trial_rate=RATE) as first:
        provider = first.provider
        await first.known(campaign(), *[member() for _ in range(160)])
        url, clock = first.settings.database_url, first.clock
        others = {"url": url, "provider": provider, "clock": clock, "trial_rate": RATE}
        async with (
            house_in(world, **others) as second,
            house_in(world, **others) as third,
            first.sending(),
            second.sending(),
            third.sending(),
        ):
            await eventually(lambda: len(provider.journal) == 160)
    times = sorted(at for at, _ in provider.called)
    assert busiest_second(times) <= RATE + ALLOWANCE
    assert times[-1] - times[0] >= 160 / RATE - 1


async def test_a_long_text_is_paid_for_by_its_parts(world: World) -> None:
    async with house_in(world, trial_rate=RATE) as house:
        await house.known(campaign("x" * 400), *[member() for _ in range(16)])
        async with house.sending():
            await eventually(lambda: len(house.provider.journal) == 16)
        times = sorted(at for at, _ in house.provider.called)
        assert times[-1] - times[0] >= 16 * 3 / RATE - 1


async def test_tokens_are_never_given_twice(quiet_house: House) -> None:
    paces = [Pace(quiet_house.database, "sms", 100.0) for _ in range(4)]
    began = time.monotonic()
    slots: list[float] = []

    async def draw(pace: Pace) -> None:
        for _ in range(20):
            while isinstance(taken := await take(pace, 2, ahead=0.1), float):
                await asyncio.sleep(taken)
            now = time.monotonic()
            slots.extend(now + start for start in taken.starts["x"])

    await asyncio.gather(*(draw(pace) for pace in paces))
    assert len(slots) == 160
    assert max(slots) - began >= 159 / 100 - 0.05
    slots.sort()
    assert sum(later - earlier < 0.001 for earlier, later in pairwise(slots)) <= len(slots) / 4


async def passes(house: House, seconds: float) -> None:
    """To wait is to move every moment of the row into the past."""
    by = f"interval '{seconds:.6f} s'"
    await house.rows_changed(
        f"UPDATE rates SET theoretical_arrival = theoretical_arrival - {by}, window_at = window_at - {by}"
    )


async def test_four_processes_settle_together_near_what_the_provider_takes(quiet_house: House) -> None:
    house, provider, now = quiet_house, Limit(8.0), 0.0
    paces = [Pace(house.database, "sms", RATE) for _ in range(4)]
    rates: list[float] = []
    for turn in itertools.count():
        pace = paces[turn % 4]
        taken = await take(pace, 5, ahead=0.25)
        if isinstance(taken, Slots):
            (row,) = await house.rows(ROW)
            rates.append(row.rate)
            for start in taken.starts["x"]:
                await pace.note("x", provider(now + start), asked=1.0)
        seconds = taken if isinstance(taken, float) else max(0.0, row.ahead)
        await passes(house, seconds)
        now += seconds
        if now > 90:
            break
    late = rates[len(rates) // 2 :]
    assert len(late) / sum(1 / rate for rate in late) == pytest.approx(8.0, rel=0.1)
    (row,) = await house.rows("SELECT count(*) AS number FROM rates WHERE sender = 'x'")
    assert row.number == 1


async def test_a_pause_for_everybody_holds_at_once_and_one_that_a_message_is_asked_for_once_most_are_refused(
    quiet_house: House,
) -> None:
    paces = [Pace(quiet_house.database, "sms", 100.0) for _ in range(2)]
    for number in range(PROVED):
        assert isinstance(await take(paces[0], 1, ahead=1.0), Slots), number
        await paces[1].note("x", Answer.REFUSED, asked=30.0)
    pause = await take(paces[0], 1, ahead=1.0)
    assert isinstance(pause, float)
    assert 25 < pause <= 29
    other = [Pace(quiet_house.database, "email", 100.0) for _ in range(2)]
    await other[0].note("x", Answer.REFUSED, rest=30.0, everybody=True)
    assert isinstance(await take(other[1], 1, ahead=1.0), float)


async def test_after_a_run_of_doubts_at_any_process_all_make_only_probes(quiet_house: House) -> None:
    house = quiet_house
    paces = [Pace(house.database, "sms", 100.0, probe_seconds=5.0) for _ in range(3)]
    for number in range(RUN):
        await paces[number % 3].note("x", Answer.DOUBT)
    for number in range(PROVED):
        await passes(house, 60.0)
        probe = await take(paces[0], 50, ahead=1.0)
        assert isinstance(probe, Slots)
        assert (probe.probe, probe.apart) == (True, 5.0), number
        waits = await take(paces[1], 50, ahead=1.0)
        assert isinstance(waits, float)
        assert 3 < waits <= 5, "one for all of them"
        assert all(pace.breaker_open for pace in paces[:2])
        await paces[0].note("x", Answer.TAKEN)
    await passes(house, 60.0)
    taken = await take(paces[1], 50, ahead=1.0)
    assert isinstance(taken, Slots)
    assert not taken.probe


async def test_after_a_rest_units_are_given_out_at_the_rate_that_has_come_back(quiet_house: House) -> None:
    """Not at the low one of before: three units would take it for twenty seconds."""
    house = quiet_house
    pace = Pace(house.database, "sms", 10.0)
    await pace.take(1)
    await house.rows_changed(
        "UPDATE rates SET rate = allowed / 64, theoretical_arrival = clock_timestamp(),"
        " window_at = window_at - interval '1 hour'"
    )
    await pace.take(3)
    (row,) = await house.rows("SELECT extract(epoch FROM theoretical_arrival - clock_timestamp()) AS ahead FROM rates")
    assert row.ahead <= 0.3


async def test_a_changed_setting_changes_the_row(quiet_house: House) -> None:
    house = quiet_house
    await Pace(house.database, "sms", 100.0).take(1)
    await Pace(house.database, "sms", 10.0).take(1, ahead=1.0)
    (row,) = await house.rows("SELECT allowed, rate FROM rates WHERE sender = '*'")
    assert (row.allowed, row.rate) == (10, 10)
    await Pace(house.database, "sms", 200.0).take(1, ahead=1.0)
    (row,) = await house.rows("SELECT allowed, rate FROM rates WHERE sender = '*'")
    assert (row.allowed, row.rate) == (200, 200)


async def test_who_missed_the_slot_gets_a_new_one_and_all_behind_it_too(quiet_house: House) -> None:
    """Made up for at once, what a stall delayed would go beside what others have drawn since."""
    pace = Pace(quiet_house.database, "sms", RATE)
    turnstile, began = Turnstile(pace, grace=0.25), time.monotonic()
    missed = began - 1
    starts: list[float] = []

    async def call(number: int) -> None:
        assert await turnstile.pass_through(missed + number / RATE, 1 / RATE, 1, began + 60) == 0.0
        starts.append(time.monotonic())

    await asyncio.gather(*(call(number) for number in range(10)))
    assert starts[-1] - began >= 9 / RATE
    (row,) = await quiet_house.rows(
        "SELECT extract(epoch FROM theoretical_arrival - clock_timestamp()) AS ahead FROM rates"
    )
    assert time.monotonic() + float(row.ahead) - began >= 10 / RATE - 0.01, "the new slots were drawn from the row"


async def test_a_hundred_late_calls_of_a_process_ask_once_for_new_slots(quiet_house: House) -> None:
    asked: list[str] = []
    engine = quiet_house.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    turnstile, now = Turnstile(Pace(quiet_house.database, "sms", 10_000), grace=0.25), time.monotonic()
    await asyncio.gather(*(turnstile.pass_through(now - 5, 0.0001, 1, now + 60) for _ in range(100)))
    assert len([statement for statement in asked if "FROM rates" in statement]) == 1


async def test_where_slots_are_seconds_apart_one_may_be_missed_up_to_a_second_before_the_next(
    quiet_house: House,
) -> None:
    """A claim that takes as long as a few hundred milliseconds would else never send anything at such a rate."""
    pace = Pace(quiet_house.database, "email", 0.025)
    taken = await pace.take(1)
    assert isinstance(taken, Taken)
    now = time.monotonic()
    turnstile = Turnstile(pace, grace=0.25)
    assert await turnstile.pass_through(now - 35, taken.apart, 1, now + 60) == 0.0, "it starts at once"
    assert time.monotonic() - now < 10
    pause = await Turnstile(pace, grace=0.25).pass_through(now - 39.5, taken.apart, 1, now + 60)
    assert 20 < pause <= 40, "the next might start within the same second"


async def test_a_text_of_several_parts_may_miss_its_slot_up_to_a_second_before_the_next(quiet_house: House) -> None:
    pace = Pace(quiet_house.database, "sms", 0.1)
    await pace.take(3)
    turnstile, now = Turnstile(pace, grace=0.25), time.monotonic()
    assert await turnstile.pass_through(now - 25, 10.0, 3, now + 60) == 0.0
    assert time.monotonic() - now < 3


async def test_who_came_too_late_to_be_called_at_all_delays_nobody(quiet_house: House) -> None:
    """The next one's slot would pass meanwhile, and so on: nothing would ever be sent again."""
    turnstile, now = Turnstile(Pace(quiet_house.database, "email", 0.02), grace=0.25), time.monotonic()
    assert await turnstile.pass_through(now - 3, 50.0, 1, now - 1) == 0.0
    assert await turnstile.pass_through(now, 50.0, 1, now + 60) == 0.0
    assert time.monotonic() - now < 0.9


async def test_who_was_late_does_not_make_the_next_as_late_where_slots_are_seconds_apart(quiet_house: House) -> None:
    turnstile, now = Turnstile(Pace(quiet_house.database, "email", 0.04), grace=0.25), time.monotonic()
    assert await turnstile.pass_through(now - 20, 25.0, 1, now + 60) == 0.0, "it starts at once"
    assert await turnstile.pass_through(now + 1.1, 25.0, 1, now + 60) == 0.0
    assert 1 <= time.monotonic() - now < 15, "in its own slot, and not in the same second"


async def test_who_would_wait_long_for_a_new_slot_goes_back_to_the_ledger(quiet_house: House) -> None:
    pace = Pace(quiet_house.database, "sms", RATE)
    await pace.take(round(25 * RATE))
    now = time.monotonic()
    pause = await Turnstile(pace, grace=0.25).pass_through(now - 5, 1 / RATE, 1, now + 60)
    assert 20 < pause <= 30
