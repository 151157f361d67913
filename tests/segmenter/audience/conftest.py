"""A segmenter that is not running."""

from collections.abc import AsyncIterator

import pytest
from chassis.db.database import Database
from segmenter.settings import Settings

from tests.segmenter.audience.halted import Halted
from tests.support.world import World


@pytest.fixture
async def halted(own_world: World) -> AsyncIterator[Halted]:
    settings = own_world.settings(Settings, approval_above=1000)
    database = Database(settings.database_url)
    yield Halted(own_world, settings, database)
    await database.close()
