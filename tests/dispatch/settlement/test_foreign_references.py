"""A status callback with another message's reference is signed all the same; it decides nothing."""

import pytest
from dispatch.provider import Accepted

from tests.dispatch.events import campaign, member
from tests.dispatch.house import House

_ROWS = "SELECT d.state, d.rev, a.reference, a.outcome FROM deliveries d JOIN attempts a USING (delivery_id) ORDER BY 3"


@pytest.mark.parametrize("reference", ["SM-two", "SM-unknown"])
async def test_one_for_a_message_that_has_its_own_moves_nothing(quiet_house: House, reference: str) -> None:
    house = quiet_house
    deliveries = await house.known(campaign(), member(), member())
    await house.claim()
    for delivery, own in zip(deliveries, ("SM-one", "SM-two"), strict=True):
        await house.dispatch.outcomes.put(delivery, 1, Accepted(own))
    before = await house.rows(_ROWS)
    await house.receipt(deliveries[0], "undelivered", 1, reference, code="30003", address_bad=True, opted_out=True)
    assert await house.rows(_ROWS) == before
    assert await house.rows("SELECT 1 FROM bad_addresses UNION ALL SELECT 1 FROM suppressions") == []
    await house.receipt(deliveries[0], "delivered", 1, "SM-one")
    assert await house.state(deliveries[0]) == "delivered"


async def test_one_for_a_message_without_a_reference_moves_nothing_if_it_is_bound_elsewhere(quiet_house: House) -> None:
    house = quiet_house
    sending, other = await house.known(campaign(), member(), member())
    await house.claim()
    await house.dispatch.outcomes.put(other, 1, Accepted("SM-two"))
    await house.receipt(sending, "delivered", 1, "SM-two")
    assert await house.state(sending) == "sending"
    assert await house.rows("SELECT 1 FROM attempts WHERE outcome IS NOT NULL AND reference IS NULL") == []


async def test_the_answer_to_the_call_itself_replaces_what_a_callback_said_before(quiet_house: House) -> None:
    """Of the first of them nothing says that it is wrong; what the sender was answered does."""
    house = quiet_house
    one, two = await house.known(campaign(), member(), member())
    await house.claim()
    await house.receipt(one, "accepted", 1, "SM-two")
    await house.dispatch.outcomes.put(two, 1, Accepted("SM-two"))
    assert await house.state(two) == "accepted"
    await house.dispatch.outcomes.put(one, 1, Accepted("SM-one"))
    assert house.count("duplicates_detected_total") == 1
    for delivery, reference in ((one, "SM-one"), (two, "SM-two")):
        await house.receipt(delivery, "delivered", 1, reference)
        assert await house.state(delivery) == "delivered"
    found = await house.rows("SELECT delivery_id, reference FROM attempts")
    assert {row.delivery_id: row.reference for row in found} == {one: "SM-one", two: "SM-two"}
