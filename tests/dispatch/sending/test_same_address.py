"""One address gets one message of a step, and gets it even if the first member there could not be written to."""

from datetime import timedelta
from uuid import UUID

import pytest
from contracts import topics
from contracts.events.members import MemberChanged
from dispatch.ledger.moves import Move
from dispatch.ledger.states import Happening
from dispatch.operations.operations import Decision
from dispatch.provider import InDoubt, NotSent, Outbound, Outcome, Rejected

from tests.dispatch.events import campaign, member
from tests.dispatch.house import House
from tests.support.facts import eventually

NUMBER = "+447700914000"


async def two(house: House) -> tuple[Outbound, UUID, MemberChanged]:
    """The message of the delivery that has the address, the delivery that wants it, and the first one's member."""
    wanted, first, second = campaign(), member(number=NUMBER), member(number=NUMBER)
    (holder,) = await house.known(wanted, first)
    (call,) = await house.claim()
    assert call.message.delivery_id == holder
    (other,) = await house.known(wanted, second)
    return call.message, other, first


async def put(house: House, message: Outbound, outcome: Outcome) -> None:
    await house.dispatch.outcomes.put(message.delivery_id, message.gen, outcome)


async def waits(house: House, delivery: UUID) -> None:
    """A claim looks at it and puts it back; nothing is called for it."""
    house.clock.advance(timedelta(minutes=1))
    assert [call for call in await house.claim() if call.message.delivery_id == delivery] == []
    rows = await house.rows("SELECT state, waiting_for FROM deliveries WHERE delivery_id = :id", id=delivery)
    assert (rows[0].state, rows[0].waiting_for) == ("requested", "same_address")


async def goes(house: House, delivery: UUID) -> None:
    house.clock.advance(timedelta(minutes=1))
    async with house.sending():
        await house.settled(delivery, "accepted")
    assert [message.delivery_id for message in house.provider.journal] == [delivery]


async def test_while_the_first_is_being_sent_the_second_waits_and_is_then_skipped(quiet_house: House) -> None:
    house = quiet_house
    message, other, _ = await two(house)
    await waits(house, other)
    (row,) = await house.rows("SELECT delivery_id FROM served")
    assert row.delivery_id == message.delivery_id
    await put(house, message, house.provider.take(message))
    house.clock.advance(timedelta(minutes=1))
    async with house.sending():
        await house.settled(other, "skipped")
    assert await house.reason(other) == "same_address"
    assert len(house.provider.journal) == 1


async def test_if_the_first_is_rejected_the_second_gets_the_message(quiet_house: House) -> None:
    house = quiet_house
    message, other, _ = await two(house)
    await waits(house, other)
    await put(house, message, Rejected("30007", "filtered"))
    await goes(house, other)


async def test_if_the_gate_refuses_the_first_later_the_second_gets_the_message(quiet_house: House) -> None:
    """It was put off by a 429, and its member has left meanwhile."""
    house = quiet_house
    message, other, first = await two(house)
    await put(house, message, NotSent("429", retry_after=3600))
    await waits(house, other)
    await house.hear(topics.MEMBERS, first.model_copy(update={"version": 2, "status": "left"}))
    house.clock.advance(timedelta(hours=2))
    await house.claim()
    assert await house.reason(message.delivery_id) == "not_active"
    await goes(house, other)


async def test_while_the_first_is_in_doubt_or_held_the_second_waits(quiet_house: House) -> None:
    house = quiet_house
    message, other, _ = await two(house)
    await put(house, message, InDoubt("no answer"))
    await waits(house, other)
    await house.dispatch.ledger.write([(message.delivery_id, Move(Happening.GIVEN_TO_A_PERSON, "list", 1))])
    assert await house.state(message.delivery_id) == "held"
    await waits(house, other)
    await house.dispatch.operations.release(message.delivery_id, Decision.REJECTED, "a person", None)
    await goes(house, other)


@pytest.mark.parametrize("decision", [Decision.ACCEPTED, Decision.RESEND])
async def test_what_a_person_says_went_or_lets_go_again_leaves_nothing_for_the_second(
    quiet_house: House, decision: Decision
) -> None:
    house = quiet_house
    message, other, _ = await two(house)
    await put(house, message, InDoubt("no answer"))
    await house.dispatch.ledger.write([(message.delivery_id, Move(Happening.GIVEN_TO_A_PERSON, "list", 1))])
    await waits(house, other)
    await house.dispatch.operations.release(message.delivery_id, decision, "a person", None)
    house.clock.advance(timedelta(minutes=1))
    async with house.sending():
        await house.settled(message.delivery_id, "accepted")
        house.clock.advance(timedelta(minutes=1))
        await house.settled(other, "skipped")
    assert await house.reason(other) == "same_address"


async def test_of_many_who_wait_for_a_rejected_one_a_single_one_gets_the_message(quiet_house: House) -> None:
    house = quiet_house
    wanted = campaign()
    await house.known(wanted, member(number=NUMBER))
    (call,) = await house.claim()
    others = await house.known(wanted, *[member(number=NUMBER) for _ in range(6)])
    await put(house, call.message, Rejected("30007", "filtered"))
    house.clock.advance(timedelta(minutes=1))
    async with house.sending():
        await eventually(lambda: ended(house, others))
    states = sorted([await house.state(other) for other in others])
    assert states == ["accepted"] + ["skipped"] * 5
    assert len(house.provider.journal) == 1


async def test_an_answer_belongs_to_the_one_that_took_the_place_over(quiet_house: House) -> None:
    house = quiet_house
    message, other, _ = await two(house)
    await put(house, message, Rejected("30007", "filtered"))
    await goes(house, other)
    (row,) = await house.rows("SELECT delivery_id, member_id FROM served")
    (taken,) = await house.rows("SELECT member_id FROM deliveries WHERE delivery_id = :id", id=other)
    assert (row.delivery_id, row.member_id) == (other, taken.member_id)


async def ended(house: House, deliveries: list[UUID]) -> bool:
    house.clock.advance(timedelta(seconds=2))
    return all([await house.state(delivery) in {"accepted", "skipped"} for delivery in deliveries])
