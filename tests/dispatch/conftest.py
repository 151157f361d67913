"""A house of its own for each test that asks for one; the broker is there but not used by it."""

from collections.abc import AsyncIterator

import pytest

from tests.dispatch.house import House, house_in
from tests.support.world import World


@pytest.fixture
async def quiet_house(world: World) -> AsyncIterator[House]:
    """Nothing runs in it until a test says so."""
    async with house_in(world) as house:
        yield house
