"""A house of the SMS dispatcher for each module."""

from collections.abc import AsyncIterator

import pytest

from tests.dispatch_sms.house import House, house_in
from tests.support.world import World


@pytest.fixture(scope="module")
async def house(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """dispatch-sms and its carrier, running."""
    async with house_in(world, tmp_path_factory.mktemp("carrier")) as house:
        yield house
