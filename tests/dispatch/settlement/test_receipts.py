"""What a receipt writes, and what a repeated one does not."""

from tests.dispatch.events import campaign, member
from tests.dispatch.house import House

_VERSIONS = "SELECT d.xmin AS delivery, a.xmin AS attempt, d.rev FROM deliveries d JOIN attempts a USING (delivery_id)"
"""xmin: the transaction that wrote the row as it stands."""


async def test_a_repeated_receipt_writes_nothing(quiet_house: House) -> None:
    house = quiet_house
    (delivery,) = await house.known(campaign(), member())
    await house.claim()
    await house.receipt(delivery, "delivered", 1, "SM1", code="0", parts=1)
    before = await house.rows(_VERSIONS)
    await house.receipt(delivery, "delivered", 1, "SM1", code="0", parts=1)
    assert await house.rows(_VERSIONS) == before
    assert await house.state(delivery) == "delivered"


async def test_a_receipt_that_says_more_is_written(quiet_house: House) -> None:
    house = quiet_house
    (delivery,) = await house.known(campaign(), member())
    await house.claim()
    await house.receipt(delivery, "accepted", 1, "SM1")
    before = await house.rows(_VERSIONS)
    await house.receipt(delivery, "delivered", 1, "SM1")
    assert (await house.rows(_VERSIONS))[0].rev > before[0].rev
