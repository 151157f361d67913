"""Doubt is ended by evidence, by a second look, or by a person."""

from uuid import UUID

from dispatch.operations.operations import Decision
from dispatch.provider import InDoubt, Outbound, Outcome

from tests.dispatch.events import campaign, member
from tests.dispatch.house import House
from tests.support.facts import eventually


async def one(house: House) -> UUID:
    (delivery,) = await house.known(campaign(), member())
    return delivery


async def test_a_late_accept_is_found_by_the_second_look(quiet_house: House) -> None:
    house = quiet_house
    delivery = await one(house)
    (call,) = await house.claim()
    async with house.sending(reconciling=True):
        await eventually(lambda: len(house.provider.looked) == 1)
        taken = house.provider.take(call.message)
        await house.settled(delivery, "accepted")
    assert house.provider.gens(delivery) == [1]
    (row,) = await house.rows("SELECT reference FROM deliveries")
    assert row.reference == taken.reference


async def test_a_receipt_of_the_first_attempt_stops_the_second(quiet_house: House) -> None:
    """The row has gone back to waiting after two negative looks; then evidence of the first attempt arrives."""
    house = quiet_house
    delivery = await one(house)
    await house.claim()
    await house.rows_changed("UPDATE deliveries SET state = 'in_doubt', rev = rev + 1")
    await house.rows_changed("UPDATE deliveries SET state = 'requested', rev = rev + 1")
    await house.receipt(delivery, "accepted", 1, "SM1")
    async with house.sending():
        await house.settled(delivery, "accepted")
    assert house.provider.called == []


async def test_messages_of_two_attempts_with_the_same_text_are_given_to_a_person(quiet_house: House) -> None:
    house = quiet_house
    number = "+447700912399"
    deliveries = await house.known(
        campaign("Same words", one_per_member=True), member(number=number), member(number=number)
    )
    first, _ = await house.claim()
    house.provider.take(first.message)
    async with house.sending(reconciling=True):
        for delivery in deliveries:
            await house.settled(delivery, "held")
    assert len(house.provider.journal) == 1


async def test_if_the_list_holds_one_for_each_both_are_bound(quiet_house: House) -> None:
    house = quiet_house
    number = "+447700912398"
    deliveries = await house.known(
        campaign("Same words", one_per_member=True), member(number=number), member(number=number)
    )
    for call in await house.claim():
        house.provider.take(call.message)
    async with house.sending(reconciling=True):
        for delivery in deliveries:
            await house.settled(delivery, "accepted")
    assert len(house.provider.journal) == 2
    assert house.count("duplicates_detected_total") == 0


async def test_under_the_policy_to_hold_it_is_held_and_a_person_may_release_it(patient_house: House) -> None:
    house = patient_house
    (delivery,) = await house.known(campaign(in_doubt_policy={"sms": "hold"}), member())
    await house.orphan()
    async with house.sending(reconciling=True):
        await house.settled(delivery, "held")
        assert [held.delivery_id for held in await house.dispatch.operations.held(None, None, 10)] == [delivery]
        await house.dispatch.operations.release(delivery, Decision.RESEND, "a person", None)
        await house.settled(delivery, "accepted")
    assert house.provider.gens(delivery) == [2]


async def test_the_last_attempt_in_doubt_is_held(quiet_house: House) -> None:
    house = quiet_house
    delivery = await one(house)

    async def silent(message: Outbound) -> Outcome:
        return InDoubt("no answer")

    house.provider.answer = silent
    async with house.sending(reconciling=True):
        await house.settled(delivery, "held")
    first, second = (message.gen for _, message in house.provider.called)
    assert first < second


async def test_urgent_doubts_are_looked_at_first(patient_house: House) -> None:
    house = patient_house
    await house.known(campaign(), *[member() for _ in range(30)])
    (urgent,) = await house.known(campaign(urgent=True), member())
    await house.claim()
    await house.rows_changed("UPDATE deliveries SET state = 'in_doubt', rev = rev + 1")
    before = "clock_timestamp() - interval '1 minute'"
    await house.rows_changed(f"UPDATE deliveries SET deadline = {before} - interval '1 minute' * (NOT urgent)::int")
    await house.dispatch.reconciler.once()
    assert len(house.provider.looked) == 31
    assert urgent in {lookup.delivery_id for lookup in house.provider.looked[:10]}, "ten are looked up together"
