"""A running segmenter for a module's tests."""

from collections.abc import AsyncIterator

import httpx
import pytest
from segmenter.app import build
from segmenter.settings import Settings

from tests.segmenter.union import Union
from tests.support.world import World


@pytest.fixture(scope="module")
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The segmenter over HTTP; a campaign above four recipients needs a second person."""
    settings = world.settings(
        Settings,
        approval_above=4,
        audience_growth_members=0,
        poll_patience_seconds=0.4,
        completion_seconds=0.1,
        summary_batch=2,
        fanout_chunk=3,
        fanout_shard=7,
    )
    async with world.running(build, settings) as client:
        yield client


@pytest.fixture
def union(world: World, client: httpx.AsyncClient) -> Union:
    """The same, with a union of the test's own."""
    return Union(world, client)
