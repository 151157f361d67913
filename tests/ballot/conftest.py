"""A running ballot for a module's tests."""

from collections.abc import AsyncIterator

import httpx
import pytest
from ballot.app import build
from ballot.settings import Settings

from tests.ballot.scenario import Scenario
from tests.support.facts import subscription
from tests.support.world import World


@pytest.fixture(scope="module")
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Ballot over HTTP; it looks for due polls ten times a second and counts at once.

    Its pool has a connection for each request that a test makes at once: on a machine that stalls, one that waits too
    long for a connection gets a 503.
    """
    swift = {"count_grace_seconds": 0, "scheduler_seconds": 0.1}
    settings = world.settings(Settings, database_pool=40, provider_keywords=False, **swift)
    async with world.running(build, settings) as client:
        await subscription(client)
        yield client


@pytest.fixture
def scenario(world: World, client: httpx.AsyncClient) -> Scenario:
    """The same, with a union of the test's own."""
    return Scenario(world, client)
