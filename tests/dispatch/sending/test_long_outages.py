"""What a delivery leaves behind that was put off a hundred times: how often it was tried, and no more rows than that
needs."""

from uuid import UUID

from dispatch.provider import Accepted, InDoubt, NotSent

from tests.dispatch.events import campaign, member
from tests.dispatch.house import House

TRIES = 100
DOUBTED = 40


async def put_off(house: House, delivery: UUID, times: int) -> None:
    for _ in range(times):
        (call,) = await house.claim()
        if call.message.gen == DOUBTED:
            await house.dispatch.outcomes.put(delivery, DOUBTED, InDoubt("no answer in time"))
        await house.dispatch.outcomes.put(delivery, call.message.gen, NotSent("connection refused", retry_after=0.0))


async def test_a_long_outage_leaves_the_first_and_the_last_tries_and_their_number(quiet_house: House) -> None:
    house, person = quiet_house, member()
    (delivery,) = await house.known(campaign(), person)
    await put_off(house, delivery, TRIES)
    (call,) = await house.claim()
    await house.dispatch.outcomes.put(delivery, call.message.gen, Accepted("SM1", 1, "gsm-7"))
    (entry,) = await house.dispatch.operations.history(person.member_id, None, None, 9)
    assert (entry.state, entry.gen) == ("accepted", TRIES + 1)
    steps = [(step.status, step.gen) for step in entry.passed]
    assert len(steps) <= 62
    assert steps[:3] == [("sending", 1), ("requested", 1), ("sending", 2)]
    assert ("in_doubt", DOUBTED) in steps
    assert steps[-3:] == [("requested", TRIES), ("sending", TRIES + 1), ("accepted", TRIES + 1)]
    assert [step.rev for step in entry.passed] == sorted({step.rev for step in entry.passed})
    (kept,) = await house.rows("SELECT count(*) AS number, min(gen) AS first, max(gen) AS last FROM attempts")
    assert kept.number <= 32
    assert (kept.first, kept.last) == (1, TRIES + 1)
