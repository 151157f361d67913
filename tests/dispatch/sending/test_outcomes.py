"""What a provider answers, or does not, and what the ledger makes of it."""

import asyncio
from uuid import UUID

from dispatch.provider import NotSent, Outbound, Outcome, Rejected
from sqlalchemy import text

from tests.dispatch.events import OURS, campaign, member
from tests.dispatch.house import House, house_in
from tests.support.facts import eventually
from tests.support.world import World


async def one(house: House) -> UUID:
    (delivery,) = await house.known(campaign(), member())
    return delivery


async def test_a_stop_by_term_lets_open_calls_end_and_writes_the_rest_in_doubt(world: World) -> None:
    waits = {"call_timeout_seconds": 20.0, "deadline_seconds": 30.0, "drain_seconds": 3.0}
    async with house_in(world, **waits) as house:
        await stopped_in_mid_call(house)


async def stopped_in_mid_call(house: House) -> None:
    """Four calls are open, of which one is never answered."""
    deliveries = await house.known(campaign(), *[member() for _ in range(4)])
    slow = asyncio.Event()

    async def answer(message: Outbound) -> Outcome:
        if message.delivery_id == deliveries[0]:
            await asyncio.Event().wait()
        await slow.wait()
        return house.provider.take(message)

    house.provider.answer = answer
    async with house.sending():
        await eventually(lambda: len(house.provider.called) == 4)
        late = await house.known(campaign(), member())
        asyncio.get_running_loop().call_later(0.2, slow.set)
        await house.dispatch.sender.drain()
    states = [await house.state(delivery) for delivery in deliveries]
    assert states == ["in_doubt", "accepted", "accepted", "accepted"]
    assert await house.state(late[0]) in {"requested", "in_doubt"}


async def test_what_is_claimed_in_the_moment_of_the_stop_goes_back_to_waiting(quiet_house: House) -> None:
    """Left as it was claimed a text would wait for Q, and an e-mail for a person, though nothing was sent."""
    house = quiet_house
    delivery = await one(house)
    async with house.database.transaction() as session:
        await session.execute(text("SELECT 1 FROM contacts FOR UPDATE"))  # the claim waits for this
        async with house.sending():
            await eventually(house.waiting_for_a_lock)
            stopping = asyncio.create_task(house.dispatch.sender.drain())
            await asyncio.sleep(0)
            await session.commit()
            await stopping
    assert house.provider.called == []
    assert [step[1] for step in (await house.rows("SELECT passed FROM deliveries"))[0].passed][:2] == [
        "sending",
        "requested",
    ]
    assert await house.state(delivery) == "requested"


async def test_a_provider_that_raises_leaves_it_in_doubt(quiet_house: House) -> None:
    house = quiet_house
    delivery = await one(house)

    async def broken(message: Outbound) -> Outcome:
        raise KeyError("sid")

    house.provider.answer = broken
    async with house.sending():
        await house.settled(delivery, "in_doubt")
    assert await house.reason(delivery) == "bug: KeyError"


async def test_what_was_turned_down_is_not_sent_again_and_marks_a_bad_address(quiet_house: House) -> None:
    house = quiet_house
    number = "+447700912397"
    (delivery,) = await house.known(campaign(), member(number=number))

    async def refuse(message: Outbound) -> Outcome:
        return Rejected("21211", "not a mobile", address_bad=True)

    house.provider.answer = refuse
    async with house.sending():
        await house.settled(delivery, "rejected")
    house.provider.answer = None
    (second,) = await house.known(campaign(), member(number=number))
    async with house.sending():
        await house.settled(second, "skipped")
    assert await house.reason(second) == "bad_contact"


async def test_an_opt_out_that_the_provider_knows_of_suppresses_the_address(quiet_house: House) -> None:
    house = quiet_house
    person = member()
    (delivery,) = await house.known(campaign(), person)

    async def refuse(message: Outbound) -> Outcome:
        return Rejected("21610", "opted out", opted_out=True)

    house.provider.answer = refuse
    async with house.sending():
        await house.settled(delivery, "rejected")
    (second,) = await house.known(campaign(), person)
    async with house.sending():
        await house.settled(second, "skipped")
    assert await house.reason(second) == "suppressed"


async def test_its_sender_may_pause_for_less_than_the_one_that_was_refused_waits(quiet_house: House) -> None:
    house = quiet_house
    await one(house)

    async def answer(_: Outbound) -> Outcome:
        return NotSent("smtp_4.3.2", retry_after=1800, lower_rate=True, pause=60)

    house.provider.answer = answer
    async with house.sending():
        await eventually(lambda: house.provider.called)
    query = "SELECT extract(epoch FROM theoretical_arrival - clock_timestamp()) AS ahead FROM rates WHERE sender = :one"
    (rate,) = await house.rows(query, one=OURS)
    assert 0 < rate.ahead <= 60


async def test_too_fast_waits_and_counts_against_the_rate_of_its_sender(quiet_house: House) -> None:
    house = quiet_house
    delivery = await one(house)
    answers: list[Outcome] = [NotSent("429", retry_after=0.3, lower_rate=True)]

    async def answer(message: Outbound) -> Outcome:
        return answers.pop() if answers else house.provider.take(message)

    house.provider.answer = answer
    async with house.sending():
        await house.settled(delivery, "accepted")
    (first, _), (second, _) = house.provider.called
    assert second - first >= 0.3
    (rate,) = await house.rows("SELECT refused, rate, allowed FROM rates WHERE sender = :one", one=OURS)
    assert (rate.refused, rate.rate) == (1, rate.allowed), "one alone does not lower it"
    (taken,) = house.provider.gens(delivery)
    assert taken >= 2  # more, if the machine was too busy to start it in its slot
