"""members, running in this module's world, with a small union in it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from chassis.clock import Clock
from members.app import build
from members.settings import Settings

from tests.members.service import Running
from tests.support.answers import http_client
from tests.support.world import World

BODIES = (
    ("union", {"kind": "union", "name": "Our Union"}),
    ("north", {"kind": "region", "name": "North", "parent": "union"}),
    ("leeds", {"kind": "branch", "name": "Leeds", "parent": "north"}),
    ("york", {"kind": "branch", "name": "York", "parent": "north"}),
    ("leeds-city-college", {"kind": "workplace", "name": "City College", "parent": "leeds"}),
)


@pytest.fixture(scope="module")
async def members(world: World) -> AsyncIterator[Running]:
    """The real service on a real port; its clock stands some days ahead, so that tests can use times of last week."""
    settings = world.settings(Settings, import_max_bytes=4 * 2**20)
    clock = Clock(datetime.now(UTC) + timedelta(days=1))
    application = build(settings, clock)
    async with application.serving() as url:
        headers = {"Authorization": f"Bearer {world.token()}"}
        async with http_client("members", url, headers=headers, timeout=60) as http:
            for body, given in BODIES:
                answer = await http.put(f"/bodies/{body}", json=given)
                assert answer.status_code == 201, answer.text
            yield Running(http, application, clock, settings)
