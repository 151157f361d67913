"""A dispatcher end to end: topics in, a provider by hand, deliveries out."""

from collections.abc import AsyncIterator

import pytest

from tests.dispatch.house import House, house_in
from tests.dispatch.trial import PATIENT
from tests.support.facts import eventually
from tests.support.world import World


@pytest.fixture(scope="module")
async def house(world: World) -> AsyncIterator[House]:
    async with house_in(world, **PATIENT) as house, house.application().serving():
        yield house


async def test_a_request_heard_twice_is_sent_once_and_told_of(house: House) -> None:
    campaign, member = await house.campaign(), await house.member()
    delivery = await house.ask(campaign, member)
    assert await house.ask(campaign, member) == delivery
    await house.settled(delivery, "accepted")
    events = await house.told(delivery, "accepted")
    assert [event.status for event in events] == ["accepted"]
    assert house.provider.gens(delivery) == [1]
    assert house.provider.journal[-1].text == "Picket at six, Nia"
    await eventually(lambda: house.count("in_doubt_open") == 0)
