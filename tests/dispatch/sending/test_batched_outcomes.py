"""Outcomes, receipts and permits that come together share a transaction, but not the fate of one of them."""

import asyncio
from uuid import UUID

from dispatch.provider import Accepted
from sqlalchemy.exc import DBAPIError

from tests.dispatch.events import campaign, member
from tests.dispatch.house import House

MANY = 20
_FUNCTION = """
CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'a bug of ours' USING ERRCODE = 'data_exception';
END $$
"""
_TRIGGER = """
CREATE TRIGGER refuse_one BEFORE UPDATE ON deliveries FOR EACH ROW WHEN (NEW.delivery_id = '{}')
EXECUTE FUNCTION refuse_one()
"""


async def claimed(house: House) -> list[UUID]:
    """Many, of which the database refuses whatever is written of the first."""
    deliveries = await house.known(campaign(), *[member() for _ in range(MANY)])
    assert len(await house.claim()) == MANY
    await house.rows_changed(_FUNCTION)
    await house.rows_changed(_TRIGGER.format(deliveries[0]))
    return deliveries


async def all_but_the_first(house: House, deliveries: list[UUID], state: str) -> None:
    assert await house.state(deliveries[0]) == "sending"
    assert [await house.state(delivery) for delivery in deliveries[1:]] == [state] * (MANY - 1)
    assert house.count("not_sent_for_our_fault_total", why="bug: DBAPIError") == 1, "it is alarmed"


async def test_an_outcome_that_cannot_be_written_is_left_to_the_reconciler(patient_house: House) -> None:
    house = patient_house
    deliveries = await claimed(house)
    put = house.dispatch.outcomes.put
    await asyncio.gather(*(put(delivery, 1, Accepted(f"SM-{delivery}")) for delivery in deliveries))
    await all_but_the_first(house, deliveries, "accepted")
    await house.rows_changed("DROP TRIGGER refuse_one ON deliveries")
    await house.rows_changed("UPDATE deliveries SET deadline = clock_timestamp() WHERE state = 'sending'")
    await house.dispatch.reconciler.once()
    assert await house.state(deliveries[0]) == "in_doubt"


async def test_a_receipt_that_cannot_be_written_is_the_providers_to_repeat(patient_house: House) -> None:
    house = patient_house
    deliveries = await claimed(house)
    receipts = [house.receipt(delivery, "delivered", 1, f"SM-{delivery}") for delivery in deliveries]
    answers = await asyncio.gather(*receipts, return_exceptions=True)
    assert isinstance(answers[0], DBAPIError)
    assert answers[1:] == [None] * (MANY - 1)
    await all_but_the_first(house, deliveries, "delivered")


async def test_a_permit_that_cannot_be_written_is_not_given(patient_house: House) -> None:
    house = patient_house
    deliveries = await claimed(house)
    permits = house.dispatch.provider_calls.permits
    given = await asyncio.gather(*(permits.of(delivery, 1).ask() for delivery in deliveries))
    assert given == [False, *[True] * (MANY - 1)]
    await all_but_the_first(house, deliveries, "sending")
