"""Each sender has a rate and an order of its own: one that is slow holds up no other."""

import time
from collections import Counter
from contextlib import AsyncExitStack
from datetime import timedelta

from contracts import topics
from contracts.events.campaigns import CampaignEvent, Sender
from dispatch.provider import NotSent, Outbound, Outcome
from dispatch.sending.due_senders import DueSender, Turns
from sqlalchemy import event

from tests.dispatch.events import NOON, OURS, campaign, member
from tests.dispatch.house import House, house_in
from tests.dispatch.trial import PATIENT
from tests.support.facts import eventually
from tests.support.world import World

SLOW, QUICK = "+447700900001", "+447700900002"
RATE = 20.0
_MORE = """
INSERT INTO deliveries (delivery_id, month, campaign_id, step, variant, script_version, member_id, member_version,
    branch, urgent, expires_at, merge, admitted_at, not_before, due, sender, place)
SELECT gen_random_uuid(), d.month, d.campaign_id, d.step, '', 1, d.member_id, 1, d.branch, false, d.expires_at, '{}',
    d.admitted_at, d.not_before, true, d.sender, d.place + n
FROM deliveries d, generate_series(1, 5000) AS n
"""


def from_sender(address: str, body: str | None = None) -> Sender:
    return Sender(channel="sms", address=address, body=body)


def by(address: str) -> CampaignEvent:
    return campaign(senders=(from_sender(address),), expires_at=NOON + timedelta(days=3), one_per_member=True)


async def five_thousand_of(house: House, sender: str) -> None:
    await house.known(by(sender), *[member() for _ in range(20)])
    await house.rows_changed(_MORE)
    await house.rows_changed("UPDATE lanes SET last_place = (SELECT max(place) FROM deliveries)")


def starts_of(house: House, sender: str) -> list[float]:
    return [at for at, message in house.provider.called if message.sender == sender]


async def test_five_thousand_of_a_slow_sender_do_not_hold_up_fifty_of_another(world: World) -> None:
    async with house_in(world, trial_rate=RATE, sender_rates={SLOW: 1}, **PATIENT) as house:
        await five_thousand_of(house, SLOW)
        await house.known(by(QUICK), *[member() for _ in range(50)])
        async with house.sending():
            await eventually(lambda: len(starts_of(house, QUICK)) == 50)
        quick, slow = starts_of(house, QUICK), starts_of(house, SLOW)
        assert quick[-1] - quick[0] <= 3 * 50 / RATE
        assert 1 <= len(slow) <= quick[-1] - min(quick[0], slow[0]) + 2


async def test_two_replicas_together_keep_to_the_rate_of_a_sender(world: World) -> None:
    async with house_in(world, trial_rate=100.0, sender_rates={SLOW: 4}, **PATIENT) as first:
        await first.known(by(SLOW), *[member() for _ in range(16)])
        more = {"url": first.settings.database_url, "provider": first.provider, "clock": first.clock}
        async with (
            house_in(world, trial_rate=100.0, sender_rates={SLOW: 4}, **more, **PATIENT) as second,
            first.sending(),
            second.sending(),
        ):
            await eventually(lambda: len(first.provider.called) == 16)
        times = starts_of(first, SLOW)
        assert times[-1] - times[0] >= 15 / 4 - 0.5
        assert times[-1] - times[0] <= 15 / 4 + 4


async def test_a_429_lowers_the_rate_of_its_sender_and_of_no_other(world: World) -> None:
    async with house_in(world, trial_rate=100.0, **PATIENT) as house:

        async def answer(message: Outbound) -> Outcome:
            if message.sender == SLOW:
                return NotSent("too_many_requests", retry_after=0.2, lower_rate=True)
            return house.provider.take(message)

        house.provider.answer = answer
        await house.known(by(SLOW), *[member() for _ in range(40)])
        await house.known(by(QUICK), *[member() for _ in range(300)])
        async with house.sending():
            await eventually(lambda: len(house.provider.journal) == 300)
        rows = await house.rows("SELECT sender, rate FROM rates WHERE provider = 'sms'")
        rates = {row.sender: row.rate for row in rows}
        assert rates[SLOW] < 50
        assert (rates[QUICK], rates["*"]) == (100, 100)


async def test_a_body_between_branch_and_region_lends_its_name_and_its_rate(world: World) -> None:
    """The request does not name that body, so the row is first placed by another sender."""
    async with house_in(world, sender_rates={SLOW: 1}, **PATIENT) as house:
        wanted = campaign(senders=(from_sender(OURS), from_sender(SLOW, "union")))
        (delivery,) = await house.known(wanted, member())
        (row,) = await house.rows("SELECT sender FROM deliveries")
        assert row.sender == OURS
        async with house.sending():
            await house.settled(delivery, "accepted")
        (row,) = await house.rows("SELECT sender, gen FROM deliveries")
        assert (row.sender, row.gen) == (SLOW, 1)
        assert [message.sender for message in house.provider.journal] == [SLOW]
        assert await house.rows("SELECT 1 FROM rates WHERE sender = :slow AND allowed = 1", slow=SLOW)


async def test_what_comes_before_its_campaign_is_sent_in_the_name_of_its_sender(world: World) -> None:
    async with house_in(world, **PATIENT) as house:
        wanted, person = by(SLOW), member()
        await house.hear(topics.MEMBERS, person)
        await house.hear(topics.SMS_REQUESTS, request := house.request(wanted, person))
        await house.hear(topics.CAMPAIGNS, wanted)
        async with house.sending():
            await house.settled(request.delivery_id, "accepted")
        (row,) = await house.rows("SELECT sender FROM deliveries")
        assert row.sender == SLOW


def line(sender: str, wanted: CampaignEvent, *, urgent: bool = False) -> DueSender:
    return DueSender(sender, 5, wanted.campaign_id, urgent, 0.0, 0.0)


def test_senders_of_one_campaign_take_turns_and_it_takes_turns_with_others() -> None:
    newsletter, note, turns = campaign(), campaign(), Turns()
    many = [line(f"branch {number}", newsletter) for number in range(10)]
    had: list[str] = []
    for _ in range(20):
        chosen = turns.next([*many, line("union", note)], 1)
        turns.had(chosen)
        had += [one.sender for one in chosen]
    assert had.count("union") == 10
    assert len(set(had)) == 11, "each had a turn"


def test_an_urgent_one_is_chosen_before_the_others() -> None:
    wanted = campaign()
    found = [line(f"s{number}", wanted) for number in range(5)]
    assert [one.sender for one in Turns().next([*found, line("alert", wanted, urgent=True)], 1)] == ["alert"]


async def test_eight_replicas_do_not_each_ask_for_every_window_and_no_call_asks_by_itself(world: World) -> None:
    """Who finds nothing reads without a lock, and less and less often: eight that locked the rows for every window
    would do so 160 times and more."""
    locked, read = Counter[int](), Counter[int]()

    def count(number: int, statement: str) -> None:
        locked[number] += "FROM rates" in statement and "FOR UPDATE" in statement
        read[number] += "WITH RECURSIVE found" in statement

    def watch(number: int, house: House) -> None:
        engine = house.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", lambda *given: count(number, given[2]))

    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(house_in(world, trial_rate=RATE, **PATIENT))
        await first.known(by(SLOW), *[member() for _ in range(100)])
        more = {"url": first.settings.database_url, "provider": first.provider, "clock": first.clock}
        others = [house_in(world, trial_rate=RATE, **more, **PATIENT) for _ in range(7)]
        houses = [first, *[await stack.enter_async_context(house) for house in others]]
        for number, house in enumerate(houses):
            watch(number, house)
            await stack.enter_async_context(house.sending())
        began = time.monotonic()
        await eventually(lambda: len(first.provider.called) == 100)
        took = time.monotonic() - began
        windows = 100 / (RATE * first.settings.window_seconds)
        assert locked.total() <= 6 * windows
        assert read.total() <= len(houses) * 4 * took


async def test_a_full_queue_pauses_its_sender_and_a_suspended_account_all_of_them(world: World) -> None:
    async with house_in(world, trial_rate=100.0, **PATIENT) as house:
        refusals = {
            SLOW: NotSent("sender_queue_full", retry_after=60, lower_rate=True, alarm=True, of_sender=True),
            QUICK: NotSent("account_suspended", retry_after=60, lower_rate=True, alarm=True),
        }

        async def answer(message: Outbound) -> Outcome:
            return refusals.get(message.sender) or house.provider.take(message)

        house.provider.answer = answer
        await house.known(by(SLOW), *[member() for _ in range(3)])
        async with house.sending():
            await eventually(lambda: starts_of(house, SLOW))
            await house.known(by(OURS), *[member() for _ in range(30)])
            await eventually(lambda: len(house.provider.journal) == 30)
            await house.known(by(QUICK), member())
            await eventually(lambda: starts_of(house, QUICK))
        paused = "SELECT sender FROM rates WHERE theoretical_arrival > clock_timestamp() + interval '30 s'"
        assert {row.sender for row in await house.rows(paused)} == {SLOW, "*"}
