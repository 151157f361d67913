"""The crash matrix at the ledger: what each death leaves behind, and that one message comes of it all the same."""

import asyncio
import time
from dataclasses import replace
from uuid import UUID

from dispatch.provider import InDoubt, NotSent, Outbound, Outcome, Rejected, Seen
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.dispatch.events import campaign, member
from tests.dispatch.house import House
from tests.support.facts import eventually


async def one(house: House) -> UUID:
    (delivery,) = await house.known(campaign(), member())
    return delivery


async def test_5_after_admission_it_is_due_for_whoever_comes_next(patient_house: House) -> None:
    delivery = await one(patient_house)
    async with patient_house.sending():
        await patient_house.settled(delivery, "accepted")
    assert patient_house.provider.gens(delivery) == [1]


async def test_6_after_the_claim_before_the_first_byte_it_is_sent_again_after_two_negative_looks(
    patient_house: House,
) -> None:
    house = patient_house
    delivery = await one(house)
    await house.orphan()
    assert await house.state(delivery) == "sending"
    async with house.sending(reconciling=True):
        await house.settled(delivery, "accepted")
    assert house.provider.gens(delivery) == [2]
    assert [lookup.gen for lookup in house.provider.looked] == [1, 1]
    assert house.count("in_doubt_opened_total") == 1
    assert house.count("in_doubt_resolved_total", by="list") == 1
    assert house.count("resent_after_negative_total") == 1
    attempts = await house.rows("SELECT gen, outcome, address FROM attempts ORDER BY gen")
    assert [(row.gen, row.outcome, row.address) for row in attempts] == [(1, "not_found", None), (2, "accepted", None)]


async def test_6_the_second_look_comes_a_gap_after_the_first_and_neither_before_the_deadline_and_q(
    quiet_house: House,
) -> None:
    house = quiet_house
    delivery = await one(house)
    began = time.monotonic()
    await house.claim()
    looks: list[float] = []
    find = house.provider.find

    async def noted(lookup):  # type: ignore[no-untyped-def]
        looks.append(time.monotonic() - began)
        return await find(lookup)

    house.provider.find = noted  # type: ignore[method-assign]
    async with house.sending(reconciling=True):
        await house.settled(delivery, "accepted")
    settings = house.settings
    assert looks[0] >= settings.deadline_seconds + settings.doubt_seconds
    assert looks[1] - looks[0] >= settings.look_gap_seconds


async def test_7_and_8_a_request_that_was_taken_is_found_and_not_sent_again(quiet_house: House) -> None:
    house = quiet_house
    delivery = await one(house)
    (call,) = await house.claim()
    taken = house.provider.take(call.message)
    async with house.sending(reconciling=True):
        await house.settled(delivery, "accepted")
    assert house.provider.gens(delivery) == [1]
    (row,) = await house.rows("SELECT reference FROM deliveries")
    assert row.reference == taken.reference


async def test_10_an_answer_outlives_the_database_it_should_go_into(patient_house: House) -> None:
    house = patient_house
    delivery = await one(house)

    async def cut_off(message: Outbound) -> Outcome:
        other = create_async_engine(house.settings.database_url)
        async with other.connect() as connection:
            end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = "
            await connection.execute(text(end + "current_database()"))
        await other.dispose()
        return house.provider.take(message)

    house.provider.answer = cut_off
    async with house.sending():
        await eventually(lambda: len(house.provider.journal) == 1)
        await eventually(lambda: quiet_state(house, delivery), until=lambda seen: seen == "accepted")
    assert house.provider.gens(delivery) == [1]


async def quiet_state(house: House, delivery: UUID) -> str:
    """Asked over a connection that was not cut."""
    other = create_async_engine(house.settings.database_url)
    try:
        async with other.connect() as connection:
            return str(
                await connection.scalar(text("SELECT state FROM deliveries WHERE delivery_id = :id"), {"id": delivery})
            )
    finally:
        await other.dispose()


async def test_11_a_receipt_that_never_came_is_asked_for(quiet_house: House) -> None:
    house = quiet_house
    delivery = await one(house)
    (call,) = await house.claim()
    taken = house.provider.take(call.message)
    await house.dispatch.outcomes.put(delivery, 1, taken)
    house.provider.states[taken.reference] = Seen(taken.reference, "undelivered", code="30003")
    await house.rows_changed("UPDATE deliveries SET poll_at = clock_timestamp()")
    await house.dispatch.reconciler.once()
    (row,) = await house.rows("SELECT state, code FROM deliveries")
    assert (row.state, row.code) == ("undelivered", "30003")


async def test_11_a_provider_that_hangs_is_asked_about_several_at_once(quiet_house: House) -> None:
    """One after the other, each until its time is up, they would hold up whatever is in doubt."""
    house = quiet_house
    deliveries = await house.known(campaign(), *(member() for _ in range(10)))
    for call in await house.claim():
        await house.dispatch.outcomes.put(call.message.delivery_id, 1, house.provider.take(call.message))
    await house.rows_changed("UPDATE deliveries SET poll_at = clock_timestamp()")
    house.provider.hangs = asyncio.Event()
    asking = asyncio.create_task(house.dispatch.reconciler.once())
    await eventually(lambda: house.provider.asked == len(deliveries))
    house.provider.hangs.set()
    await asking


async def test_11_after_the_last_time_of_asking_it_is_expired(quiet_house: House) -> None:
    house = quiet_house
    delivery = await one(house)
    (call,) = await house.claim()
    await house.dispatch.outcomes.put(delivery, 1, house.provider.take(call.message))
    for times in (1, 2, 3):
        assert await house.state(delivery) == "accepted", times
        await house.rows_changed("UPDATE deliveries SET poll_at = clock_timestamp()")
        await house.dispatch.reconciler.once()
    assert await house.state(delivery) == "expired"


async def test_12_a_receipt_before_the_answer_moves_the_row_and_binds_the_reference(quiet_house: House) -> None:
    house = quiet_house
    delivery = await one(house)
    (call,) = await house.claim()
    taken = house.provider.take(call.message)
    await house.receipt(delivery, "delivered", 1, taken.reference)
    assert await house.state(delivery) == "delivered"
    await house.dispatch.outcomes.put(delivery, 1, taken)
    assert await house.state(delivery) == "delivered"
    (row,) = await house.rows("SELECT reference, outcome, address FROM attempts")
    assert (row.reference, row.outcome, row.address) == (taken.reference, "accepted", None)
    assert house.count("duplicates_detected_total") == 0


async def stalled_and_overtaken(house: House) -> tuple[UUID, Outbound]:
    """Attempt 1 stalls past its deadline and Q; attempt 2 is accepted."""
    delivery = await one(house)
    (call,) = await house.orphan()
    async with house.sending(reconciling=True):
        await house.settled(delivery, "accepted")
    assert house.provider.gens(delivery) == [2]
    return delivery, call.message


async def test_13_what_a_stalled_sender_says_of_an_older_attempt_changes_nothing(patient_house: House) -> None:
    house = patient_house
    delivery, message = await stalled_and_overtaken(house)
    for outcome in (InDoubt("late"), NotSent("late"), Rejected("21211", address_bad=False)):
        await house.dispatch.outcomes.put(delivery, message.gen, outcome)
    assert await house.state(delivery) == "accepted"
    assert house.count("duplicates_detected_total") == 0


async def test_13_a_second_reference_is_detected_counted_and_lowers_nothing(patient_house: House) -> None:
    house = patient_house
    delivery, message = await stalled_and_overtaken(house)
    await house.dispatch.outcomes.put(delivery, message.gen, house.provider.take(message))
    assert await house.state(delivery) == "accepted"
    assert house.count("duplicates_detected_total") == 1
    references = await house.rows("SELECT gen FROM attempts WHERE reference IS NOT NULL ORDER BY gen")
    assert [row.gen for row in references] == [1, 2]


async def test_13_a_stalled_process_does_not_begin_a_call_too_late(quiet_house: House) -> None:
    house = quiet_house
    delivery = await one(house)
    (call,) = await house.claim()
    await house.dispatch.provider_calls.make(replace(call, last_start=time.monotonic() - 0.1), 0.0)
    assert house.provider.called == []
    assert await house.state(delivery) == "requested"


async def test_13_a_slot_that_comes_too_late_is_not_waited_for(quiet_house: House) -> None:
    house = quiet_house
    delivery = await one(house)
    (call,) = await house.claim()
    await asyncio.wait_for(house.dispatch.provider_calls.make(call, call.last_start + 600), 60)
    assert house.provider.called == []
    assert await house.state(delivery) == "requested"
