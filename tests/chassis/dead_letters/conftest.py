"""A small service whose dead letters are looked at."""

import uuid

import pytest

from tests.chassis.small import Settings, create_tables
from tests.support.world import World


@pytest.fixture
async def settings(own_world: World) -> Settings:
    """Of the small service, with a database of its own."""
    url = await own_world.databases.database(f"small_{uuid.uuid4().hex[:8]}")
    await create_tables(url)
    return own_world.settings(Settings, database_url=url, module="small")
