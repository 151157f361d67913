"""A house of its own for each test that asks for one; the broker is there but not used by it."""

from collections.abc import AsyncIterator

import pytest

from tests.dispatch.house import House, house_in
from tests.dispatch.trial import PATIENT
from tests.support.world import World


@pytest.fixture
async def quiet_house(world: World) -> AsyncIterator[House]:
    """Nothing runs in it until a test says so."""
    async with house_in(world) as house:
        yield house


@pytest.fixture
async def patient_house(world: World) -> AsyncIterator[House]:
    """The same with spans that no stall of the machine oversteps: for what counts attempts, and waits for no deadline
    but one that it moves itself (`House.orphan`)."""
    async with house_in(world, **PATIENT) as house:
        yield house
